import Torch

/// A posterior one part of whose code is a class: a distribution over classes given x.
public protocol ClassifyingPosterior: Posterior {
  /// The number of classes: the first so many dimensions of z hold their probabilities.
  var classes: Int { get }

  /// log q(y|x) of every class, up to a constant: [n, classes].
  func classLogits(_ conditional: Conditional) -> Tensor
}

/// z = (softmax(a(x)), s(x)): the probabilities of a class beside a style, both by one network without noise.
/// An adversarial divergence from one-hot classes makes the probabilities certain. Makhzani et al. 2015,
/// sections 4 to 6.
public struct ClassStylePosterior: ClassifyingPosterior {
  let network: any Network
  /// The number of latent dimensions: classes and style.
  public let latentDimension: Int
  /// The number of classes.
  public let classes: Int

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    classes = plan.options.classes
    guard classes < latentDimension else {
      throw ConfigurationError(
        "\(classes) classes leave no style in \(latentDimension) latent dimensions", at: "posterior.classes",
        remedy: "use more latent dimensions than classes")
    }
    network = try plan.encoder(plan.features, plan.latentDimension)
  }

  /// All of the randomness of the codes is that of the data.
  public var isDeterministic: Bool { true }

  /// The network's outputs.
  public func conditional(given x: Tensor) -> Tensor { network(x) }

  /// log q(y|x) of every class, up to a constant: [n, classes].
  public func classLogits(_ conditional: Tensor) -> Tensor {
    conditional.narrowed(1, from: 0, length: classes)
  }

  /// The codes.
  public func sample(_ conditional: Tensor, using generator: Generator) -> Tensor { code(conditional) }
  /// The codes.
  public func zeroNoise(given x: Tensor) -> Tensor { code(network(x)) }
  /// The codes.
  public func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor { code(network(x)) }

  private func code(_ outputs: Tensor) -> Tensor {
    let style = outputs.narrowed(1, from: classes, length: latentDimension - classes)
    return Tensor.concatenate([classLogits(outputs).softmax(over: 1), style], over: 1)
  }
}
