import CTorch

extension Tensor {
  /// The binary cross-entropy of logits l against targets t, element by element, in nats:
  /// max(l, 0) - l t + log(1 + e^-|l|).
  public func binaryCrossEntropy(
    withLogits logits: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { ct_bce_with_logits($0, logits.handle, handle, $1) }
  }

  /// The sum of `binaryCrossEntropy(withLogits:)` over all elements, in one pass.
  public func totalBinaryCrossEntropy(
    withLogits logits: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { ct_bce_with_logits_sum($0, logits.handle, handle, $1) }
  }

  /// The mean over all elements of the squared difference.
  public func meanSquaredError(to other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { ct_mse($0, handle, other.handle, $1) }
  }
}
