import Torch

/// Precision and recall of samples: the fraction of samples that lie within the data's manifold, and of the
/// data within that of the samples. A set's manifold is all places no farther from one of its members than
/// that member's third neighbour is. Kynkäänniemi et al. 2019, eq. 1 and 2.
///
/// Bias: both rise with the distances that few members leave between them, and fall with the number of
/// features: compare only at equal n and features. Variance: that of a fraction, the manifolds taken as
/// given, which leaves their own out.
package struct ManifoldOverlap {
  /// Whether each sample lies within the data's manifold.
  package let sampleIsInData: [Bool]
  /// Whether each of the data lies within the samples' manifold.
  package let dataIsInSamples: [Bool]

  /// - Parameters:
  ///   - data: features of data, [n, d].
  ///   - samples: features of samples, [m, d].
  ///   - progress: told the share that is done.
  package init(data: Tensor, samples: Tensor, k: Int = 3, progress: (Double) -> Void = { _ in }) {
    let dataRadii = Self.radii(data, k)
    progress(0.25)
    let sampleRadii = Self.radii(samples, k)
    progress(0.5)
    sampleIsInData = Self.isWithin(samples, data, dataRadii)
    progress(0.75)
    dataIsInSamples = Self.isWithin(data, samples, sampleRadii)
    progress(1)
  }

  /// The distance of each member from its k-th neighbour; the nearest is itself.
  private static func radii(_ x: Tensor, _ k: Int) -> Tensor {
    Tensor.concatenate(strips(x) { $0.distances(to: x).smallest(k + 1, over: 1) }, over: 0)
  }

  private static func isWithin(_ x: Tensor, _ members: Tensor, _ radii: Tensor) -> [Bool] {
    strips(x) { rows in
      radii.isLess(than: rows.distances(to: members)).logicalNot().converted(to: .uint8).max(over: [1])
    }.flatMap { $0.values(as: UInt8.self).map { $0 > 0 } }
  }

  private static func strips(_ x: Tensor, _ body: (Tensor) -> Tensor) -> [Tensor] {
    stride(from: 0, to: x.size(0), by: 250).map { start in
      body(x.narrowed(0, from: start, length: min(250, x.size(0) - start)))
    }
  }
}
