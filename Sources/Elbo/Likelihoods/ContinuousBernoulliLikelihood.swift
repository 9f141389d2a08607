import ElboDistributions
import Torch

/// Independent continuous Bernoulli pixels on [0, 1] from logits: a normalised density of grey values.
/// Loaiza-Ganem and Cunningham 2019, eq. 6.
public struct ContinuousBernoulliLikelihood: Likelihood {
  /// A likelihood from logits.
  public init() {}

  /// One logit a pixel.
  public var parametersPerFeature: Int { 1 }
  /// Black to white.
  public var support: ClosedRange<Double> { 0...1 }

  /// The distributions of the pixels.
  public func distribution(given parameters: Tensor) -> any Distribution {
    Independent(ContinuousBernoulli(logits: parameters), reinterpreting: 1)
  }

  /// "logits" l: [n, features].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] { [NamedTensor("logits", parameters)] }

  /// The distributions' means.
  public func mean(given parameters: Tensor) -> Tensor { ContinuousBernoulli(logits: parameters).mean }
}
