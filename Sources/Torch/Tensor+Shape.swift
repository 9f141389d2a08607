import CTorch

extension Tensor {
  /// The same elements in another shape; one length may be -1.
  public func reshaped(_ shape: Shape, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      shape.withInt64 { ct_reshape(slot, handle, $0, $1, error) }
    }
  }

  /// The dimensions from `start` on made into one.
  public func flattened(from start: Int = 1) -> Tensor {
    reshaped(Array(shape[..<start]) + [shape[start...].reduce(1, *)])
  }

  /// The dimensions in another order.
  public func permuted(_ order: [Int], file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      order.withInt64 { ct_permute(slot, handle, $0, $1, error) }
    }
  }

  /// Two dimensions exchanged.
  public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor {
    Tensor.make { ct_transpose($0, handle, Int64(first), Int64(second), $1) }
  }

  /// Dimensions of length 1 repeated to the lengths of `shape`, without a copy.
  public func expanded(to shape: Shape, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    Tensor.make(file: file, line: line) { slot, error in
      shape.withInt64 { ct_expand(slot, handle, $0, $1, error) }
    }
  }

  /// A dimension of length 1 put in at an index.
  public func unsqueezed(_ dimension: Int) -> Tensor {
    Tensor.make { ct_unsqueeze($0, handle, Int64(dimension), $1) }
  }

  /// A dimension of length 1 taken out.
  public func squeezed(_ dimension: Int) -> Tensor {
    Tensor.make { ct_squeeze($0, handle, Int64(dimension), $1) }
  }

  /// `length` elements along a dimension, from `start` on; shares its elements.
  public func narrowed(
    _ dimension: Int, from start: Int, length: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) {
      ct_narrow($0, handle, Int64(dimension), Int64(start), Int64(length), $1)
    }
  }

  /// One index along a dimension, which goes; shares its elements.
  public func selected(_ dimension: Int, at index: Int) -> Tensor {
    Tensor.make { ct_select($0, handle, Int64(dimension), Int64(index), $1) }
  }

  /// The rows along a dimension that `indices` (int64) names, in its order.
  public func gathered(
    _ indices: Tensor, over dimension: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) {
      ct_index_select($0, handle, Int64(dimension), indices.handle, $1)
    }
  }

  /// For every place of `indices` (int64), the element at that index along a dimension.
  public func gatheredElements(
    _ indices: Tensor, over dimension: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Tensor.make(file: file, line: line) { ct_gather($0, handle, Int64(dimension), indices.handle, $1) }
  }

  /// Each row along a dimension, `times` in a row.
  public func repeatedEach(_ times: Int, over dimension: Int = 0) -> Tensor {
    Tensor.make { ct_repeat_interleave($0, handle, Int64(times), Int64(dimension), $1) }
  }

  /// The whole tensor, repeated along each dimension.
  public func tiled(_ times: [Int]) -> Tensor {
    Tensor.make { slot, error in times.withInt64 { ct_tile(slot, handle, $0, $1, error) } }
  }

  /// One-hot vectors (int64) of integers 0 ..< `classes`, along a new last dimension.
  public func oneHot(classes: Int) -> Tensor {
    Tensor.make { ct_one_hot($0, handle, Int64(classes), $1) }
  }

  /// The same elements without the record of how they were computed.
  public func detached() -> Tensor { Tensor.make { ct_detach($0, handle, $1) } }

  /// A copy with elements of its own.
  public func cloned() -> Tensor { Tensor.make { ct_clone($0, handle, $1) } }

  /// The elements laid out in row-major order; itself where they are already.
  public func contiguous() -> Tensor { Tensor.make { ct_contiguous($0, handle, $1) } }

  /// The elements in another type; itself where it is that already.
  public func converted(to type: ElementType) -> Tensor {
    Tensor.make { ct_to_dtype($0, handle, type.rawValue, $1) }
  }

  /// The elements on a device; itself where they are there already.
  public func moved(to device: Device) -> Tensor {
    Tensor.make { ct_to_device($0, handle, device.code, $1) }
  }

  /// Tensors joined along a dimension they have.
  public static func concatenate(
    _ tensors: [Tensor], over dimension: Int, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    make(file: file, line: line) { slot, error in
      tensors.withHandles { ct_cat(slot, $0, $1, Int64(dimension), error) }
    }
  }

  /// Tensors of one shape joined along a new dimension.
  public static func stack(
    _ tensors: [Tensor], over dimension: Int = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    make(file: file, line: line) { slot, error in
      tensors.withHandles { ct_stack(slot, $0, $1, Int64(dimension), error) }
    }
  }
}
