import ElboDistributions
import Torch

/// The approximate posterior q(z|x): an encoder and what its outputs mean.
///
/// Only samples are promised. A posterior that has no density, such as an implicit one, stops here, so that
/// asking for one does not compile.
public protocol Posterior: Module {
  /// What one pass of the encoder says of a batch.
  associatedtype Conditional

  /// The number of latent dimensions.
  var latentDimension: Int { get }

  /// Whether all noise of the codes is that of the data: such a posterior has no density.
  var isDeterministic: Bool { get }

  /// One pass of the encoder: x [n, features].
  func conditional(given x: Tensor) -> Conditional

  /// One sample of z for each example: [n, latentDimension]. Gradients flow to the encoder.
  func sample(_ conditional: Conditional, using generator: Generator) -> Tensor

  /// The code of each example when all noise is zero: [n, latentDimension]. For an implicit posterior this is
  /// not its mean.
  func zeroNoise(given x: Tensor) -> Tensor

  /// The posterior's mean for each example, [n, latentDimension]: exact where it is known, else the average
  /// of `samples` draws.
  func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor

  /// What q(z|x) is given by, under the names that other programs know it by: its parameters, or a sample of
  /// it where it has none.
  func namedOutputs(_ conditional: Conditional, using generator: Generator) -> [NamedTensor]
}

extension Posterior {
  /// Noise enters.
  public var isDeterministic: Bool { false }

  /// One sample of z for each example: [n, latentDimension].
  public func sample(given x: Tensor, using generator: Generator) -> Tensor {
    sample(conditional(given: x), using: generator)
  }

  /// The average of `samples` draws, which is off by their standard deviation over sqrt(samples).
  public func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor {
    let conditional = conditional(given: x)
    var sum = sample(conditional, using: generator)
    for _ in 1..<max(samples, 1) { sum = sum + sample(conditional, using: generator) }
    return sum / Double(max(samples, 1))
  }

  /// A sample: "z" [n, latentDimension].
  public func namedOutputs(_ conditional: Conditional, using generator: Generator) -> [NamedTensor] {
    [NamedTensor("z", sample(conditional, using: generator))]
  }
}

extension Posterior where Conditional == DiagonalNormal {
  /// "mean" and "log_scale", both [n, latentDimension].
  public func namedOutputs(_ conditional: Conditional, using generator: Generator) -> [NamedTensor] {
    [NamedTensor("mean", conditional.mean), NamedTensor("log_scale", conditional.logScale)]
  }
}

extension Posterior where Conditional == FullCovarianceNormal {
  /// "mean" [n, d] and "scale_triangle" [n, d, d], the lower factor of the covariance.
  public func namedOutputs(_ conditional: Conditional, using generator: Generator) -> [NamedTensor] {
    [NamedTensor("mean", conditional.mean), NamedTensor("scale_triangle", conditional.scaleTriangle)]
  }
}

/// A posterior whose log density is known at its own samples.
public protocol DensityPosterior: Posterior {
  /// One sample of z for each example, with its log density.
  func densitySample(_ conditional: Conditional, using generator: Generator) -> DensitySample

  /// KL(q(z|x), p) of each example [n] in closed form, in nats; nil where there is none.
  func closedFormKL(_ conditional: Conditional, to prior: any Distribution) -> Tensor?
}

/// Samples of q(z|x) and, when asked for, log q(z|x) at them.
public struct DensitySample {
  /// [n, latentDimension].
  public let z: Tensor
  /// [n], in nats; computed only where it is needed.
  public let logDensity: () -> Tensor
}

extension DensityPosterior {
  /// A reparameterised sample.
  public func sample(_ conditional: Conditional, using generator: Generator) -> Tensor {
    densitySample(conditional, using: generator).z
  }
}

extension DensityPosterior where Conditional: Distribution {
  /// A reparameterised sample of the distribution.
  public func densitySample(_ conditional: Conditional, using generator: Generator) -> DensitySample {
    let z = conditional.sample([], using: generator)
    return DensitySample(z: z, logDensity: { conditional.logDensity(at: z) })
  }

  /// From the registry of closed forms.
  public func closedFormKL(_ conditional: Conditional, to prior: any Distribution) -> Tensor? {
    KLDivergence.standard.closedForm(from: conditional, to: prior)
  }
}

/// What a posterior is built from.
public struct PosteriorPlan {
  /// The configuration's `posterior` keys.
  public let options: PosteriorOptions
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// The number of features of an example.
  public let features: Int
  /// Draws the first values of parameters beside the encoder's.
  public let generator: Generator
  /// Builds the encoder for so many inputs and outputs.
  public let encoder: (_ inputs: Int, _ outputs: Int) throws(ConfigurationError) -> any Network
}

/// The kinds of posteriors, by name. A new kind is one file and one line here.
public enum Posteriors {
  /// Makes a posterior of its plan.
  public typealias Builder = @Sendable (PosteriorPlan) throws(ConfigurationError) -> any Posterior

  /// Adds a kind, which `posterior.kind` then names in configurations of this process.
  ///
  /// - Precondition: no kind that Elbo comes with has the name.
  public static func register(_ kind: String, _ builder: @escaping Builder) {
    added.add(builder, named: kind, to: builtIn)
  }

  static var builders: [String: Builder] { added.parts(with: builtIn) }
  private static let added = Registry<Builder>()

  private static let builtIn: [String: Builder] = [
    "deterministic": DeterministicPosterior.init,
    "gaussian": GaussianPosterior.init,
    "implicit": ImplicitPosterior.init,
    "implicit-moments": BasisPosterior.init,
    "class-style": ClassStylePosterior.init,
    "gaussian-full": FullCovariancePosterior.init,
    "planar-flow": planar,
    "realnvp-flow": coupling,
    "iaf-flow": autoregressive,
  ]

  static func build(_ plan: PosteriorPlan) throws(ConfigurationError) -> any Posterior {
    // The paper's name for an encoder that noise enters is understood as well.
    let kind = plan.options.kind == "universal-approximator" ? "implicit" : plan.options.kind
    guard let builder = builders[kind] else {
      throw .unknown("value", kind, known: Array(builders.keys), at: "posterior.kind")
    }
    return try builder(plan)
  }
}
