import Torch

/// Points that stand for clusters: each next one is drawn with a probability proportional to its squared distance from
/// those that are there. Arthur and Vassilvitskii 2007, section 2.2.
package enum KMeansPlusPlus {
  /// At most `count` of the points [n, d], all different: [k, d].
  package static func centres(of points: Tensor, count: Int, using generator: Generator) -> Tensor {
    func point(_ index: Tensor) -> Tensor { points.gathered(index) }
    var centres = [point(Tensor.randomIntegers(below: points.size(0), shape: [1], using: generator))]
    var distances = (points - centres[0]).squared().sum(over: [1])
    // Where all points are centres, no distance is left.
    while centres.count < count, distances.max().item() > 0 {
      centres.append(point(Tensor.categorical(weights: distances, count: 1, using: generator)))
      distances = minimum(distances, (points - centres[centres.count - 1]).squared().sum(over: [1]))
    }
    return Tensor.concatenate(centres, over: 0)
  }

  /// The index of the nearest centre of each point: int64 [n].
  package static func nearest(_ points: Tensor, _ centres: Tensor) -> Tensor {
    // |x - c|^2 less |x|^2, which is the same for all centres.
    (points.matmul(centres.transposed()) * 2 - centres.squared().sum(over: [1])).argMax(over: 1)
  }
}
