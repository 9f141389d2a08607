import CTorch

// Comparisons give tensors of `bool`.
extension Tensor {
  /// Whether each element is above a number.
  public func isGreater(than value: Double) -> Tensor { Tensor.make { ct_gt_scalar($0, handle, value, $1) } }

  /// Whether each element is not below a number.
  public func isAtLeast(_ value: Double) -> Tensor { Tensor.make { ct_ge_scalar($0, handle, value, $1) } }

  /// Whether each element is below a number.
  public func isLess(than value: Double) -> Tensor { Tensor.make { ct_lt_scalar($0, handle, value, $1) } }

  /// Whether each element is not above a number.
  public func isAtMost(_ value: Double) -> Tensor { Tensor.make { ct_le_scalar($0, handle, value, $1) } }

  /// Where the elements of two tensors are equal.
  public func isEqual(to other: Tensor) -> Tensor { Tensor.make { ct_eq($0, handle, other.handle, $1) } }

  /// Where the elements are below another tensor's.
  public func isLess(than other: Tensor) -> Tensor { Tensor.make { ct_lt($0, handle, other.handle, $1) } }

  /// Where a truth value is false.
  public func logicalNot() -> Tensor { Tensor.make { ct_logical_not($0, handle, $1) } }

  /// Where both truth values are true.
  public func logicalAnd(_ other: Tensor) -> Tensor {
    Tensor.make { ct_logical_and($0, handle, other.handle, $1) }
  }

  /// The elements of `a` where this truth value is true, those of `b` elsewhere.
  public func select(_ a: Tensor, otherwise b: Tensor) -> Tensor {
    Tensor.make { ct_where($0, handle, a.handle, b.handle, $1) }
  }

  /// Whether no element is infinite or NaN.
  public var allFinite: Bool {
    Tensor.make { slot, error in
      let finite = isFinite()
      return ct_all(slot, finite.handle, error)
    }.item() != 0
  }
}
