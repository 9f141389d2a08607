import CTorch

extension Tensor {
  /// The sum of all elements.
  public func sum() -> Tensor { Tensor.make { ct_sum_all($0, handle, $1) } }

  /// The mean of all elements.
  public func mean() -> Tensor { Tensor.make { ct_mean_all($0, handle, $1) } }

  /// The smallest element.
  public func min() -> Tensor { Tensor.make { ct_min_all($0, handle, $1) } }

  /// The largest element.
  public func max() -> Tensor { Tensor.make { ct_max_all($0, handle, $1) } }

  /// The sum over some dimensions.
  public func sum(
    over dimensions: [Int], keeping: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      dimensions.withInt64 { ct_sum(slot, handle, $0, $1, keeping, error) }
    }
  }

  /// The mean over some dimensions.
  public func mean(
    over dimensions: [Int], keeping: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      dimensions.withInt64 { ct_mean(slot, handle, $0, $1, keeping, error) }
    }
  }

  /// The largest element over some dimensions.
  public func max(
    over dimensions: [Int], keeping: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      dimensions.withInt64 { ct_amax(slot, handle, $0, $1, keeping, error) }
    }
  }

  /// The smallest element over some dimensions.
  public func min(
    over dimensions: [Int], keeping: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      dimensions.withInt64 { ct_amin(slot, handle, $0, $1, keeping, error) }
    }
  }

  /// log sum e^x over some dimensions, without overflow.
  public func logSumExp(
    over dimensions: [Int], keeping: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      dimensions.withInt64 { ct_logsumexp(slot, handle, $0, $1, keeping, error) }
    }
  }

  /// The variance over some dimensions, the sum of squares divided by the count less `correction`.
  public func variance(over dimensions: [Int], keeping: Bool = false, correction: Int = 1) -> Tensor {
    Tensor.make { slot, error in
      dimensions.withInt64 { ct_var(slot, handle, $0, $1, keeping, Int64(correction), error) }
    }
  }

  /// The index of the largest element along a dimension.
  public func argMax(over dimension: Int, keeping: Bool = false) -> Tensor {
    Tensor.make { ct_argmax($0, handle, Int64(dimension), keeping, $1) }
  }

  /// The k-th smallest element along a dimension, k from 1.
  public func smallest(
    _ k: Int, over dimension: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { ct_kthvalue($0, handle, Int64(k), Int64(dimension), false, $1) }
  }

  /// The indices (int64) that put the elements along a dimension in ascending order; equal ones keep theirs.
  public func argSort(over dimension: Int) -> Tensor {
    Tensor.make { ct_argsort($0, handle, Int64(dimension), $1) }
  }

  /// Running sums along a dimension.
  public func cumulativeSum(over dimension: Int) -> Tensor {
    Tensor.make { ct_cumsum($0, handle, Int64(dimension), $1) }
  }

  /// e^x / sum e^x along a dimension.
  public func softmax(over dimension: Int) -> Tensor {
    Tensor.make { ct_softmax($0, handle, Int64(dimension), $1) }
  }

  /// x - log sum e^x along a dimension.
  public func logSoftmax(over dimension: Int) -> Tensor {
    Tensor.make { ct_log_softmax($0, handle, Int64(dimension), $1) }
  }
}
