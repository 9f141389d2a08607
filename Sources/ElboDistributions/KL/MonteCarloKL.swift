import Torch

/// KL(q || p) estimated from samples of q, for pairs that have no closed form.
public struct MonteCarloKL {
  /// The samples z of q: [samples] + q's batchShape + eventShape, with dimensions of length 1 before the
  /// batch's where p has more of them.
  public let samples: Tensor
  /// log q(z) - log p(z) in nats: [samples] + the batch shape that q's and p's broadcast to.
  public let terms: Tensor
  /// The mean of the terms, which is unbiased: that batch shape.
  public let value: Tensor

  /// The standard error of `value`; NaN for one sample.
  public var standardError: Tensor { (terms.variance(over: [0]) / Double(terms.size(0))).sqrt() }
}

/// The mean of log q(z) - log p(z) over samples z of q, for each member, in nats.
///
/// Gradients with respect to q's parameters flow through z and are unbiased where q is reparameterised;
/// elsewhere they are not those of the divergence.
///
/// - Precondition: `samples` is positive.
public func klMonteCarlo(
  from q: some Distribution, to p: some Distribution, samples: Int = 1, using generator: Generator
) -> MonteCarloKL {
  precondition(samples > 0, "an estimate from \(samples) samples")
  // Where p has more batch dimensions, its members share q's samples.
  let more = max(0, p.batchShape.count - q.batchShape.count)
  let shape = Shape(repeating: 1, count: more) + q.batchShape + q.eventShape
  let draws = q.sample([samples], using: generator)
  let z = more == 0 ? draws : draws.reshaped([samples] + shape)
  let terms = q.logDensity(at: z) - p.logDensity(at: z)
  let value = samples == 1 ? terms.squeezed(0) : terms.mean(over: [0])
  return MonteCarloKL(samples: z, terms: terms, value: value)
}
