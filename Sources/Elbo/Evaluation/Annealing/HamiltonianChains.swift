import Torch

/// Chains that leave p(z) p(x|z)^beta invariant: Hamiltonian dynamics by the leapfrog rule with a fresh N(0, I)
/// momentum, and each chain's end accepted or refused for itself. Neal 2011, section 5.3.
struct HamiltonianChains {
  let target: AnnealedTarget
  let leapfrogs: Int
  private(set) var point: AnnealedTarget.Point

  init(_ target: AnnealedTarget, at z: Tensor, leapfrogs: Int) {
    self.target = target
    self.leapfrogs = leapfrogs
    point = target.point(at: z)
  }

  /// One transition of every chain.
  ///
  /// - Parameter stepSize: of each chain, [rows, 1].
  /// - Returns: min(1, e^-dH) of each chain, and 1 where it moved: float64 [rows].
  mutating func transition(
    at beta: Double, stepSize: Tensor, using generator: Generator
  ) -> (probability: Tensor, moved: Tensor) {
    let start = Tensor.standardNormal(point.z.shape, using: generator)
    var next = point
    var momentum = start + point.slope(at: beta) * (stepSize * 0.5)
    for leap in 1...leapfrogs {
      next = target.point(at: next.z + momentum * stepSize)
      momentum = momentum + next.slope(at: beta) * (leap < leapfrogs ? stepSize : stepSize * 0.5)
    }
    func kinetic(_ momentum: Tensor) -> Tensor {
      momentum.converted(to: .float64).squared().sum(over: [1]) * 0.5
    }
    let logRatio =
      next.logDensity(at: beta) - kinetic(momentum) - point.logDensity(at: beta) + kinetic(start)
    // A trajectory that left the numbers is refused: what is not a number is not less.
    let moved = Tensor.uniform([target.rows], using: generator, type: .float64).log().isLess(than: logRatio)
    let column = moved.unsqueezed(1)
    point = AnnealedTarget.Point(
      z: column.select(next.z, otherwise: point.z),
      logLikelihood: moved.select(next.logLikelihood, otherwise: point.logLikelihood),
      logPrior: moved.select(next.logPrior, otherwise: point.logPrior),
      likelihoodSlope: column.select(next.likelihoodSlope, otherwise: point.likelihoodSlope),
      priorSlope: column.select(next.priorSlope, otherwise: point.priorSlope))
    let probability = logRatio.clamped(to: 0).exp()
    return (
      probability.isFinite().select(probability, otherwise: Tensor.zeros(like: probability)),
      moved.converted(to: .float64)
    )
  }
}
