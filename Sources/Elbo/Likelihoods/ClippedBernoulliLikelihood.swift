import ElboDistributions
import Torch

/// Independent Bernoulli pixels with probabilities c + (1 - 2 c) sigmoid(l), which never reach 0 or 1.
public struct ClippedBernoulliLikelihood: Likelihood {
  private let clip: Double

  /// A likelihood whose probabilities stay `clip` away from 0 and 1.
  public init(clip: Double) { self.clip = clip }

  /// One logit a pixel.
  public var parametersPerFeature: Int { 1 }
  /// Black, white, and what lies between.
  public var support: ClosedRange<Double> { 0...1 }

  /// The Bernoulli distributions of the pixels.
  public func distribution(given parameters: Tensor) -> any Distribution {
    Independent(Bernoulli(logits: parameters, clippedBy: clip), reinterpreting: 1)
  }

  /// x log P^T + (1 - x) log(1 - P)^T for all pairs.
  public func logDensities(of x: Tensor, given parameters: Tensor) -> Tensor {
    let white = mean(given: parameters).log()
    let black = mean(given: -parameters).log()
    return x.matmul((white - black).transposed()) + black.sum(over: [1])
  }

  /// "logits" l: [n, features].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] { [NamedTensor("logits", parameters)] }

  /// c + (1 - 2 c) sigmoid(l).
  public func mean(given parameters: Tensor) -> Tensor { parameters.sigmoid() * (1 - 2 * clip) + clip }
}
