import ElboDistributions
import Torch

/// The parameters of a mixture of k normal distributions with full covariances that make points most likely, by the
/// iterations of Dempster, Laird and Rubin 1977, in double precision.
///
/// Maximises 1/n sum_i log p(x_i) - lambda/(2n) sum_k tr Sigma_k^-1, whose last term keeps a component that is left with
/// few points from shrinking to them: no iteration lowers it. Steps are
///
///     r_ik = w_k N(x_i; m_k, Sigma_k) / p(x_i),  N_k = sum_i r_ik,  w_k = N_k / n,  m_k = sum_i r_ik x_i / N_k,
///     Sigma_k = (sum_i r_ik (x_i - m_k)(x_i - m_k)^T + lambda I) / N_k.
package struct ExpectationMaximisation {
  /// [n, d], in double precision, their mean taken off so that no digits are lost to it.
  private let points: Tensor
  private let centre: Tensor

  /// What iterations led to.
  package struct Result {
    /// The mixture after the last iteration.
    package let mixture: Mixture<FullCovarianceNormal>
    /// What is maximised, before each update: in nats a point.
    package let objectives: [Double]
  }

  /// - Parameter points: [n, d].
  package init(_ points: Tensor) {
    let precise = points.converted(to: .float64)
    centre = precise.mean(over: [0])
    self.points = precise - centre
  }

  /// Iterates until an iteration gains less than `tolerance` nats a point.
  package func run(components: Int, iterations: Int, tolerance: Double, using generator: Generator) -> Result
  {
    let centres = KMeansPlusPlus.centres(of: points, count: components, using: generator)
    let k = centres.size(0)
    // A component with its equal share of the points has its variances raised by a millionth of the points' own.
    let spread = points.squared().mean().item()
    let penalty = max(1e-6 * spread, 1e-12) * Double(points.size(0)) / Double(k)
    var mixture = update(KMeansPlusPlus.nearest(points, centres).oneHot(classes: k), penalty)
    var objectives: [Double] = []
    for _ in 0..<iterations {
      let (objective, responsibilities) = expectation(mixture, penalty)
      let gain = objective - (objectives.last ?? -.infinity)
      objectives.append(objective)
      mixture = update(responsibilities, penalty)
      if gain < tolerance { break }
    }
    return Result(mixture: moved(mixture), objectives: objectives)
  }

  /// The objective and r: [n, k].
  private func expectation(
    _ mixture: Mixture<FullCovarianceNormal>, _ penalty: Double
  ) -> (objective: Double, responsibilities: Tensor) {
    let joint =
      mixture.components.logDensity(at: points.unsqueezed(1)) + mixture.index.logProbabilities
    let total = joint.logSumExp(over: [1], keeping: true)
    let d = points.size(1)
    let inverse = mixture.components.scaleTriangle.solveTriangular(
      Tensor.identity(d, type: .float64, device: points.device))
    let cost = inverse.squared().sum().item() * penalty / 2 / Double(points.size(0))
    return (total.mean().item() - cost, (joint - total).exp())
  }

  /// The mixture that is best for given r [n, k].
  private func update(_ responsibilities: Tensor, _ penalty: Double) -> Mixture<FullCovarianceNormal> {
    let r = responsibilities.converted(to: .float64)
    // A component that no point belongs to any longer stays, wide and with no weight to speak of.
    let counts = r.sum(over: [0]).clamped(from: 1e-9)
    let means = r.transposed().matmul(points) / counts.unsqueezed(1)
    let identity = Tensor.identity(points.size(1), type: .float64, device: points.device)
    let covariances = (0..<means.size(0)).map { k in
      let count = counts.selected(0, at: k)
      let deviations =
        (points - means.selected(0, at: k)) * (r.selected(1, at: k) / count).sqrt().unsqueezed(1)
      return deviations.transposed().matmul(deviations) + identity * (penalty / count)
    }
    return Mixture(
      weights: counts / counts.sum(),
      components: FullCovarianceNormal(mean: means, covariance: Tensor.stack(covariances)))
  }

  /// The mixture at the points' own place.
  private func moved(_ mixture: Mixture<FullCovarianceNormal>) -> Mixture<FullCovarianceNormal> {
    Mixture(
      logits: mixture.index.logProbabilities,
      components: FullCovarianceNormal(
        mean: mixture.components.mean + centre, scaleTriangle: mixture.components.scaleTriangle))
  }
}
