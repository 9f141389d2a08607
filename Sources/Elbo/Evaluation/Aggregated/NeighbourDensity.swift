import Foundation
import Torch

/// The log density of a distribution at its own samples, from each one's distance to its k-th nearest
/// neighbour:
///
///   log q(z_i) = psi(k) - psi(n) - log V_d - d log r_k(z_i),
///
/// V_d the volume of the unit ball. Its mean is minus the entropy of Kozachenko and Leonenko 1987 (Kraskov et
/// al. 2004, eq. 20): consistent, with a bias that grows with the number of dimensions; in two, with 20,000
/// samples, below .01 nats for smooth densities.
package struct NeighbourDensity {
  /// log q at each sample, in nats.
  package let logDensities: [Double]

  /// - Parameter z: samples [n, d], n above k, no more than a handful of them equal.
  package init(of z: Tensor, k: Int = 5) {
    let (n, d) = (z.size(0), z.size(1))
    precondition(n > k, "\(n) samples have no neighbour of rank \(k)")
    let constant =
      Self.digamma(k) - Self.digamma(n) - Double(d) / 2 * log(Double.pi) + lgamma(Double(d) / 2 + 1)
    logDensities = stride(from: 0, to: n, by: 250).flatMap { start in
      let rows = z.narrowed(0, from: start, length: min(250, n - start))
      // The nearest is the sample itself.
      let radii = rows.distances(to: z).smallest(k + 1, over: 1).converted(to: .float64)
      // Equal samples, of a posterior without noise, must not make the density infinite.
      return radii.clamped(from: 1e-12).log().values(as: Double.self).map { constant - Double(d) * $0 }
    }
  }

  /// log q at other places than the samples: [queries, d].
  ///
  /// - Parameter z: samples [n, d], n no less than k.
  package init(of z: Tensor, at queries: Tensor, k: Int = 5) {
    let (n, d) = (z.size(0), z.size(1))
    precondition(n >= k, "\(n) samples have no neighbour of rank \(k)")
    let constant =
      Self.digamma(k) - Self.digamma(n + 1) - Double(d) / 2 * log(Double.pi) + lgamma(Double(d) / 2 + 1)
    logDensities = stride(from: 0, to: queries.size(0), by: 250).flatMap { start in
      let rows = queries.narrowed(0, from: start, length: min(250, queries.size(0) - start))
      let radii = rows.distances(to: z).smallest(k, over: 1).converted(to: .float64)
      return radii.clamped(from: 1e-12).log().values(as: Double.self).map { constant - Double(d) * $0 }
    }
  }

  /// psi(n) = H_(n-1) - gamma of a positive integer.
  private static func digamma(_ n: Int) -> Double {
    (1..<n).reduce(-0.577_215_664_901_532_9) { $0 + 1 / Double($1) }
  }
}
