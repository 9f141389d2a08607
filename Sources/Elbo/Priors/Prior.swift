import ElboDistributions
import Torch

/// The prior p(z): samples are promised.
public protocol Prior: Module {
  /// The number of latent dimensions.
  var latentDimension: Int { get }

  /// Independent samples: [count, latentDimension].
  func sample(_ count: Int, using generator: Generator) -> Tensor

  /// Samples of p(z|y) for the class of each row, int64 [n], where -1 stands for no class. A prior that knows
  /// no classes gives samples of p(z).
  func sample(labels: Tensor, using generator: Generator) -> Tensor

  /// The number of classes whose samples it can give; 0 where it knows none.
  var classCount: Int { get }

  /// So many places along the main axis of each class: [classCount * count, latentDimension], class by class;
  /// nil for a prior without such axes.
  func walk(_ count: Int) -> Tensor?

  /// The parts of z that an adversarial divergence tells from the encoder's by discriminators of their own.
  var blocks: [Range<Int>] { get }
}

extension Prior {
  /// No classes.
  public var classCount: Int { 0 }

  /// No axes.
  public func walk(_ count: Int) -> Tensor? { nil }

  /// All of z is one part.
  public var blocks: [Range<Int>] { [0..<latentDimension] }

  /// Samples of p(z).
  public func sample(labels: Tensor, using generator: Generator) -> Tensor {
    sample(labels.size(0), using: generator)
  }
}

/// A prior whose log density is known.
public protocol DensityPrior: Prior {
  /// The distribution of one z, with no batch dimensions.
  var distribution: any Distribution { get }

  /// Whether some z have no density: the KL divergence of a posterior that can reach them is infinite.
  var hasBoundedSupport: Bool { get }
}

extension DensityPrior {
  /// Every z has a density.
  public var hasBoundedSupport: Bool { false }

  /// Independent samples: [count, latentDimension].
  public func sample(_ count: Int, using generator: Generator) -> Tensor {
    distribution.sample([count], using: generator)
  }
}

/// What a prior is built from.
public struct PriorPlan {
  /// The configuration's `prior` keys.
  public let options: PriorOptions
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// The sizes of the examples.
  public let shape: DataShape
  /// The posterior, for priors that are made of it.
  public let encoder: any Posterior
  /// Draws the first values of parameters.
  public let generator: Generator

  /// Where to compute.
  public var device: Device { generator.device }
}

/// The kinds of priors, by name. A new kind is one file and one line here.
public enum Priors {
  /// Makes a prior of its plan.
  public typealias Builder = @Sendable (PriorPlan) throws(ConfigurationError) -> any Prior

  /// Adds a kind, which `prior.kind` then names in configurations of this process.
  ///
  /// - Precondition: no kind that Elbo comes with has the name.
  public static func register(_ kind: String, _ builder: @escaping Builder) {
    added.add(builder, named: kind, to: builtIn)
  }

  static var builders: [String: Builder] { added.parts(with: builtIn) }
  private static let added = Registry<Builder>()

  private static let builtIn: [String: Builder] = [
    "standard-normal": { StandardNormalPrior(latentDimension: $0.latentDimension, device: $0.device) },
    "uniform": {
      UniformPrior(latentDimension: $0.latentDimension, reach: $0.options.reach, device: $0.device)
    },
    "sphere": { SpherePrior(latentDimension: $0.latentDimension) },
    "mixture": mixture,
    "swiss-roll": swissRoll,
    "categorical-normal": categoricalNormal,
    "vamp": vamp,
    "flow": flow,
  ]

  static func build(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard let builder = builders[plan.options.kind] else {
      throw .unknown("value", plan.options.kind, known: Array(builders.keys), at: "prior.kind")
    }
    return try builder(plan)
  }
}
