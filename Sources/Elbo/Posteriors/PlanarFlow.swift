import Torch

/// z' = z + u tanh(w . z + b), u bent so that w . u > -1 and the map is invertible; log |det| = log |1 + u .
/// w (1 - tanh^2)|. Rezende and Mohamed 2015, eq. 10 to 12 and appendix A.1.
public struct PlanarFlow: FlowMap {
  let u: Parameter
  let w: Parameter
  let b: Parameter

  /// A map that starts near the identity.
  package init(dimension: Int, using generator: Generator) {
    func small(_ count: Int) -> Parameter {
      let values = Tensor.zeros([count], device: generator.device)
      values.fillNormal(deviation: 0.1, using: generator)
      return Parameter(values)
    }
    u = small(dimension)
    w = small(dimension)
    b = small(1)
  }

  /// The image and its log determinant.
  public func callAsFunction(_ z: Tensor, context: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    let (w, u) = (w.tensor, u.tensor)
    let inner = (w * u).sum()
    let bent = u + w * ((inner.softplus() - 1 - inner) / ((w * w).sum() + 1e-8))
    let h = (z.matmul(w.unsqueezed(1)) + b.tensor).tanh()
    let slope = (1 - h.squared()) * (w * bent).sum()
    return (z + h * bent, (slope + 1).abs().log().squeezed(1))
  }
}

extension Posteriors {
  static func planar(_ plan: PosteriorPlan) throws(ConfigurationError) -> any Posterior {
    try FlowPosterior(plan) { dimension, _, _ in PlanarFlow(dimension: dimension, using: plan.generator) }
  }
}
