import Torch

/// A one-hot class beside a standard normal style: z = (y, s), y uniform over the classes, s ~ N(0, I).
/// Makhzani et al. 2015, sections 4 and 5.
public struct CategoricalNormalPrior: Prior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// The number of classes: the first so many dimensions are the one-hot vector.
  public let classes: Int

  /// A prior of so many dimensions in all.
  public init(latentDimension: Int, classes: Int) {
    self.latentDimension = latentDimension
    self.classes = classes
  }

  /// The class and the style are told from the encoder's by discriminators of their own.
  public var blocks: [Range<Int>] { [0..<classes, classes..<latentDimension].filter { !$0.isEmpty } }

  /// Independent samples: [count, latentDimension].
  public func sample(_ count: Int, using generator: Generator) -> Tensor {
    let y = Tensor.randomIntegers(below: classes, shape: [count], using: generator)
      .oneHot(classes: classes).converted(to: .float32)
    let style = Tensor.standardNormal([count, latentDimension - classes], using: generator)
    return Tensor.concatenate([y, style], over: 1)
  }
}

extension Priors {
  static func categoricalNormal(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard plan.options.components <= plan.latentDimension else {
      throw ConfigurationError(
        "\(plan.options.components) classes do not fit \(plan.latentDimension) latent dimensions",
        at: "prior.components")
    }
    return CategoricalNormalPrior(latentDimension: plan.latentDimension, classes: plan.options.components)
  }
}
