import ElboDistributions
import Torch

/// The squared kernel Stein discrepancy of samples from a density p of which only the score s = grad log p is
/// needed, E u(Z, Z') over pairs of samples,
///
///     u(x, y) = s(x)·s(y) k + s(x)·grad_y k + s(y)·grad_x k + tr grad_x grad_y k,
///
/// with the inverse multiquadric k = (1 + |x - y|^2)^(-1/2), which also tells when samples of many dimensions
/// fail to be tight. Liu, Lee and Jordan 2016, their U-statistic; the kernel: Gorham and Mackey 2017.
///
/// Bias: none, so that it can fall below 0; it is 0 in expectation where p is the samples' distribution.
/// Variance: of order 1/n elsewhere and 1/n^2 there; the standard error, by each sample's share, is right
/// elsewhere and up to a factor sqrt 2 too large there.
package struct KernelSteinDiscrepancy {
  /// The estimate; without a unit.
  package let estimate: Estimate

  /// - Parameters:
  ///   - z: samples [n, d], n at least 2.
  ///   - scores: grad log p at each, [n, d].
  package init(_ z: Tensor, scores: Tensor) {
    let (n, d) = (z.size(0), Double(z.size(1)))
    precondition(n > 1, "\(n) samples have no pairs")
    let (z, scores) = (z.converted(to: .float64), scores.converted(to: .float64))
    let along = (scores * z).sum(over: [1])
    let own = scores.squared().sum(over: [1]) + d
    let shares = stride(from: 0, to: n, by: 500).flatMap { start in
      let length = min(500, n - start)
      func rows(_ tensor: Tensor) -> Tensor { tensor.narrowed(0, from: start, length: length) }
      let square = rows(z).distances(to: z).squared()
      let base = square + 1
      let kernel = base.reciprocalSquareRoot()
      let cubed = kernel / base
      // (s(x) - s(y))·(x - y)
      let difference =
        rows(along).unsqueezed(1) + along - rows(scores).matmul(z.transposed())
        - rows(z).matmul(scores.transposed())
      let values =
        rows(scores).matmul(scores.transposed()) * kernel + difference * cubed + cubed * d
        - square * cubed / base * 3
      return ((values.sum(over: [1]) - rows(own)) / Double(n - 1)).values(as: Double.self)
    }
    let mean = Estimate(meanOf: shares, unit: "")
    // A statistic of pairs: every sample is in both places.
    estimate = Estimate(
      value: mean.value, standardError: 2 * mean.standardError, count: n, unit: "squared discrepancy")
  }

  /// The scores of a density at samples [n, d]: [n, d]; nil where the density does not depend on the place.
  package static func scores(of distribution: any Distribution, at z: Tensor) -> Tensor? {
    var strips: [Tensor] = []
    for start in stride(from: 0, to: z.size(0), by: 500) {
      let leaf = Parameter(z.narrowed(0, from: start, length: min(500, z.size(0) - start))).tensor
      let total = withGradients { distribution.logDensity(at: leaf).sum() }
      guard total.requiresGradient, let slope = gradient(of: total, withRespectTo: [leaf])[0] else {
        return nil
      }
      strips.append(slope)
    }
    return Tensor.concatenate(strips, over: 0)
  }
}
