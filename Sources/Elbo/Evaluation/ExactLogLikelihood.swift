import Torch

extension Evaluator.Metric {
  /// log p(x) = log of the integral of p(x|z) p(z) dz by the midpoint rule on a grid over [-7, 7]^d, d <= 2.
  /// Its error is that of the grid; the standard error is that of the mean over examples.
  static let exactLogLikelihood = Self(
    summary: "log p(x) by quadrature over a latent space of 1 or 2 dimensions", effort: .smallOnPoints,
    unit: "nats/example", obstacle: { Quadrature.obstacle($0.model) },
    examples: { try Quadrature($0.model).logLikelihoods(of: $0.dataset) })
}
