import ElboDistributions
import Torch

/// p(x|z), given what the decoder makes of z.
public protocol Likelihood: Sendable {
  /// The number of decoder outputs for each feature of x.
  var parametersPerFeature: Int { get }

  /// The values that features can take.
  var support: ClosedRange<Double> { get }

  /// The distribution of each example: batch shape that of the parameters' leading dimensions, event shape
  /// [features].
  func distribution(given parameters: Tensor) -> any Distribution

  /// log p(x|z) of every example [n, features] for every row of parameters [k, ...]: [n, k], in nats.
  func logDensities(of x: Tensor, given parameters: Tensor) -> Tensor

  /// E[x|z]: [n, features].
  func mean(given parameters: Tensor) -> Tensor

  /// What p(x|z) is given by beside its mean, under the names that other programs know it by.
  func namedParameters(_ parameters: Tensor) -> [NamedTensor]

  /// Minus the mean over the batch of log p(x|z), the features summed: a scalar, in nats per example.
  func meanNegativeLogDensity(of x: Tensor, given parameters: Tensor) -> Tensor
}

extension Likelihood {
  /// log p(x|z) of each example, the features summed: [n], in nats.
  public func logDensity(of x: Tensor, given parameters: Tensor) -> Tensor {
    distribution(given: parameters).logDensity(at: x)
  }

  /// Every pair is written out: the memory is n k features.
  public func logDensities(of x: Tensor, given parameters: Tensor) -> Tensor {
    distribution(given: parameters).logDensity(at: x.unsqueezed(1))
  }

  /// A draw of x for each example: [n, features].
  public func sample(given parameters: Tensor, using generator: Generator) -> Tensor {
    distribution(given: parameters).sample([], using: generator)
  }

  /// Nothing beside the mean.
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] { [] }

  /// Minus the mean over the batch of log p(x|z), the features summed: a scalar, in nats per example.
  public func meanNegativeLogDensity(of x: Tensor, given parameters: Tensor) -> Tensor {
    -logDensity(of: x, given: parameters).mean()
  }
}

/// The kinds of likelihoods, by name. A new kind is one file and one line here.
public enum Likelihoods {
  /// Makes a likelihood of the configuration's `likelihood` keys.
  public typealias Builder = @Sendable (LikelihoodOptions) -> any Likelihood

  /// Adds a kind, which `likelihood.kind` then names in configurations of this process.
  ///
  /// - Precondition: no kind that Elbo comes with has the name.
  public static func register(_ kind: String, _ builder: @escaping Builder) {
    added.add(builder, named: kind, to: builtIn)
  }

  static var builders: [String: Builder] { added.parts(with: builtIn) }
  private static let added = Registry<Builder>()

  private static let builtIn: [String: Builder] = [
    "bernoulli": { _ in BernoulliLikelihood() },
    "bernoulli-clipped": { ClippedBernoulliLikelihood(clip: $0.clip) },
    "gaussian": { GaussianLikelihood(scale: $0.scale) },
    "continuous-bernoulli": { _ in ContinuousBernoulliLikelihood() },
    "gaussian-learned": { _ in LearnedGaussianLikelihood() },
    "discretised-logistic": { _ in DiscretisedLogisticLikelihood() },
    "categorical": { CategoricalLikelihood(levels: $0.levels) },
  ]

  static func build(_ options: LikelihoodOptions) throws(ConfigurationError) -> any Likelihood {
    guard let builder = builders[options.kind] else {
      throw .unknown("value", options.kind, known: Array(builders.keys), at: "likelihood.kind")
    }
    return builder(options)
  }
}
