import Torch

/// Classes by the majority of the k nearest labelled codes; of classes that are equally frequent, the lowest.
/// Fix and Hodges 1951.
///
/// Bias of its accuracy: it judges the codes by this one rule, and rises with the number of labelled codes.
/// Variance: that of a mean over the codes that are judged.
package struct NearestNeighbourClassifier {
  private let codes: Tensor
  private let classes: Tensor
  private let k: Int

  /// - Parameters:
  ///   - codes: labelled codes, [n, d], n at least k.
  ///   - labels: their classes, from 0.
  package init(_ codes: Tensor, labels: [Int], k: Int = 5) {
    precondition(codes.size(0) == labels.count && labels.count >= k, "\(labels.count) labels for k = \(k)")
    self.codes = codes
    self.k = k
    classes = Tensor(labels.map(Int64.init), shape: [labels.count]).moved(to: codes.device)
      .oneHot(classes: labels.max()! + 1).converted(to: codes.elementType)
  }

  /// The class of each of other codes, [m, d].
  package func classes(of z: Tensor) -> [Int] {
    stride(from: 0, to: z.size(0), by: 250).flatMap { start in
      let distances = z.narrowed(0, from: start, length: min(250, z.size(0) - start)).distances(to: codes)
      let radii = distances.smallest(k, over: 1).unsqueezed(1)
      let near = radii.isLess(than: distances).logicalNot().converted(to: codes.elementType)
      return near.matmul(classes).argMax(over: 1).values(as: Int64.self).map { Int($0) }
    }
  }
}
