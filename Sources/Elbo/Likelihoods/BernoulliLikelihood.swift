import ElboDistributions
import Torch

/// Independent Bernoulli pixels from logits l: log p(x|z) = sum x l - log(1 + e^l).
///
/// Grey pixels in [0, 1] are taken as the probability of white, as is usual; the value is then a
/// cross-entropy, not a log probability.
public struct BernoulliLikelihood: Likelihood {
  /// A likelihood from logits.
  public init() {}

  /// One logit a pixel.
  public var parametersPerFeature: Int { 1 }
  /// Black, white, and what lies between.
  public var support: ClosedRange<Double> { 0...1 }

  /// The Bernoulli distributions of the pixels.
  public func distribution(given parameters: Tensor) -> any Distribution {
    Independent(Bernoulli(logits: parameters), reinterpreting: 1)
  }

  /// x L^T - sum softplus(l), one matrix product for all pairs.
  public func logDensities(of x: Tensor, given parameters: Tensor) -> Tensor {
    x.matmul(parameters.transposed()) - parameters.softplus().sum(over: [1])
  }

  /// "logits" l: [n, features].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] { [NamedTensor("logits", parameters)] }

  /// sigmoid(l).
  public func mean(given parameters: Tensor) -> Tensor { parameters.sigmoid() }

  /// The sum over all pixels in one pass, over the number of examples.
  public func meanNegativeLogDensity(of x: Tensor, given parameters: Tensor) -> Tensor {
    x.totalBinaryCrossEntropy(withLogits: parameters) / Double(x.size(0))
  }
}
