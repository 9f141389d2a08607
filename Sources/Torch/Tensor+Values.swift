import CTorch

extension Tensor {
  /// A tensor on the CPU with these values in row-major order.
  ///
  /// - Precondition: `values.count` is the product of `shape`.
  public init<Element: TensorElement>(
    _ values: [Element], shape: Shape, file: StaticString = #fileID, line: UInt = #line
  ) {
    precondition(
      values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)",
      file: file, line: line)
    self = values.withUnsafeBytes { Tensor(bytes: $0, shape: shape, type: Element.elementType) }
  }

  /// A scalar.
  public init(_ value: Double, type: ElementType = .float32) {
    self = Tensor.full(value, shape: [], type: type)
  }

  /// A tensor on the CPU whose elements are these bytes, in row-major order and native byte order.
  package init(bytes: UnsafeRawBufferPointer, shape: Shape, type: ElementType) {
    precondition(bytes.count == shape.reduce(1, *) * type.byteCount, "the bytes do not fill the shape")
    self = Tensor.make { slot, error in
      shape.withInt64 { ct_from_data(slot, bytes.baseAddress, $0, $1, type.rawValue, error) }
    }
  }

  /// The elements in row-major order, on the CPU.
  ///
  /// - Precondition: `Element` is the tensor's element type.
  public func values<Element: TensorElement>(
    as type: Element.Type = Element.self, file: StaticString = #fileID, line: UInt = #line
  ) -> [Element] {
    precondition(
      elementType == Element.elementType, "a tensor of \(elementType) read as \(Element.self)", file: file,
      line: line)
    return [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
      filled = count
    }
  }

  /// Copies the elements, in row-major order, to `buffer`, which has room for just them.
  package func copyBytes(to buffer: UnsafeMutableRawBufferPointer) {
    require(file: #fileID, line: #line) {
      ct_copy_data(handle, buffer.baseAddress, Int64(buffer.count), $0)
    }
  }

  /// The value of a tensor of one element. On a GPU this waits for all that was asked of it.
  public func item(file: StaticString = #fileID, line: UInt = #line) -> Double {
    var value = 0.0
    require(file: file, line: line) { ct_item(&value, handle, $0) }
    return value
  }
}

extension [Int] {
  /// Gives the shim its integers.
  @inline(__always)
  func withInt64<Result>(_ body: (UnsafePointer<Int64>?, Int64) -> Result) -> Result {
    // Int is Int64 on every platform libtorch supports.
    withUnsafeBytes { body($0.assumingMemoryBound(to: Int64.self).baseAddress, Int64(count)) }
  }
}

extension [Tensor] {
  /// Gives the shim its handles, and keeps the tensors alive meanwhile.
  @inline(__always)
  func withHandles<Result>(_ body: (UnsafePointer<OpaquePointer?>?, Int64) -> Result) -> Result {
    withExtendedLifetime(self) {
      let handles: [OpaquePointer?] = map(\.handle)
      return handles.withUnsafeBufferPointer { body($0.baseAddress, Int64($0.count)) }
    }
  }
}

extension Tensor {
  /// The first element of a dense float32 tensor in the CPU's memory; valid as long as some copy of the tensor.
  package var floatMemory: UnsafeMutablePointer<Float> {
    precondition(
      elementType == .float32 && device == .cpu && ct_is_contiguous(handle), "dense float32 memory")
    return ct_data(handle).assumingMemoryBound(to: Float.self)
  }

  /// The first element of a dense uint8 tensor in the CPU's memory; valid as long as some copy of the tensor.
  package var byteMemory: UnsafePointer<UInt8> {
    precondition(elementType == .uint8 && device == .cpu && ct_is_contiguous(handle), "dense uint8 memory")
    return UnsafePointer(ct_data(handle).assumingMemoryBound(to: UInt8.self))
  }

  /// How often its elements were written in place.
  package var changes: Int { Int(ct_changes(handle)) }

  /// Counts a change that was made through `floatMemory`.
  package func markChanged() { ct_mark_changed(handle) }

  /// A tensor over memory that the caller keeps for as long as the tensor is used.
  package init(over memory: UnsafeMutablePointer<Float>, shape: Shape) {
    self = Tensor.make { slot, error in
      shape.map(Int64.init).withUnsafeBufferPointer {
        ct_from_memory(slot, memory, $0.baseAddress, Int64($0.count), error)
      }
    }
  }
}
