import Torch

/// k groups of points around their means, by Lloyd's iterations from `KMeansPlusPlus`, the best of ten
/// starts: a local minimum of the sum of squared distances. Lloyd 1982, algorithm 1.
package struct KMeans {
  /// The group of each point.
  package let clusters: [Int]
  /// The sum of squared distances to the groups' means.
  package let inertia: Double

  /// - Parameter points: [n, d].
  package init(_ points: Tensor, count: Int, using generator: Generator) {
    var best: (places: Tensor, inertia: Double)?
    for _ in 0..<10 {
      let found = Self.descend(points, KMeansPlusPlus.centres(of: points, count: count, using: generator))
      if found.inertia < best?.inertia ?? .infinity { best = found }
    }
    clusters = best!.places.values(as: Int64.self).map { Int($0) }
    inertia = best!.inertia
  }

  private static func descend(_ points: Tensor, _ start: Tensor) -> (places: Tensor, inertia: Double) {
    var (centres, before) = (start, Double.infinity)
    while true {
      let places = KMeansPlusPlus.nearest(points, centres)
      let members = places.oneHot(classes: centres.size(0)).converted(to: points.elementType)
      let inertia = (points - centres.gathered(places)).squared().converted(to: .float64).sum().item()
      // Each step lowers the sum or leaves it; rounding may not let it settle.
      guard inertia < before * (1 - 1e-6) else { return (places, inertia) }
      before = inertia
      let sizes = members.sum(over: [0]).unsqueezed(1)
      let means = members.transposed().matmul(points) / sizes.clamped(from: 1)
      // A group that lost its last point stays where it is.
      centres = sizes.isGreater(than: 0).select(means, otherwise: centres)
    }
  }
}
