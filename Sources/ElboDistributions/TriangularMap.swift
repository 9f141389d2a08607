import Torch

/// Vectors under a lower triangular L [..., d, d]. One product or system for each L, with all of its vectors as columns:
/// L is not repeated for each vector.
extension Tensor {
  /// L v for vectors [sampleShape..., batchShape..., d], where L is [batchShape..., d, d].
  func applied(toVectors vectors: Tensor) -> Tensor { mapColumns(of: vectors) { matmul($0) } }

  /// L^-1 v for vectors [sampleShape..., batchShape..., d], where L is [batchShape..., d, d].
  func solved(forVectors vectors: Tensor) -> Tensor { mapColumns(of: vectors) { solveTriangular($0) } }

  /// - Parameter map: of [batchShape..., d, columns] to the same shape.
  private func mapColumns(of vectors: Tensor, _ map: (Tensor) -> Tensor) -> Tensor {
    let shape = vectors.shape
    let kept = rank - 1
    precondition(
      kept >= 1 && shape.count >= kept, "vectors of shape \(shape) under maps of shape \(self.shape)")
    let columns = shape.dropLast(kept).reduce(1, *)
    return map(vectors.reshaped([columns] + shape.suffix(kept)).permuted(Array(1...kept) + [0]))
      .permuted([kept] + (0..<kept)).reshaped(shape)
  }
}
