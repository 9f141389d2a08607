import CTorch

/// The lengths of a tensor's dimensions, outermost first; empty for a scalar.
public typealias Shape = [Int]

/// A multi-dimensional array of numbers, on a device, that remembers how it was computed where gradients need
/// it.
///
/// A tensor is a reference to libtorch's: copies share their elements, and operations give new tensors,
/// except those whose names say that they write in place. Shapes that do not fit are a mistake in the calling
/// code and trap with libtorch's message. A tensor is not `Sendable`.
public struct Tensor {
  /// Frees the handle when the last copy goes.
  final class Owner {
    let handle: OpaquePointer
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { ct_tensor_free(handle) }
  }

  let owner: Owner
  var handle: OpaquePointer { owner.handle }

  init(owning handle: OpaquePointer) { owner = Owner(handle) }

  /// The tensor a call of the shim gives; traps at the call site when it fails.
  @inline(__always)
  static func make(
    file: StaticString = #fileID, line: UInt = #line, _ call: (TensorSlot, ErrorSlot) -> Int32
  ) -> Tensor {
    var slot: OpaquePointer?
    require(file: file, line: line) { error in call(&slot, error) }
    return Tensor(owning: slot!)
  }

  /// The lengths of the dimensions.
  public var shape: Shape { (0..<rank).map { Int(ct_size(handle, Int64($0))) } }

  /// The number of dimensions.
  public var rank: Int { Int(ct_dim(handle)) }

  /// The number of elements.
  public var count: Int { Int(ct_numel(handle)) }

  /// The length of one dimension; negative indices count from the last.
  public func size(_ dimension: Int) -> Int {
    let index = dimension < 0 ? rank + dimension : dimension
    precondition(index >= 0 && index < rank, "dimension \(dimension) of a tensor of rank \(rank)")
    return Int(ct_size(handle, Int64(index)))
  }

  /// The type of the elements.
  public var elementType: ElementType {
    guard let type = ElementType(rawValue: ct_dtype(handle)) else {
      preconditionFailure("an element type that no operation here gives")
    }
    return type
  }

  /// Where the elements live.
  public var device: Device { Device(code: ct_device(handle)) }

  /// Whether operations on this tensor are recorded for gradients.
  public var requiresGradient: Bool { ct_requires_grad(handle) }

  /// Whether both are the same tensor, not merely equal ones.
  public func isIdentical(to other: Tensor) -> Bool { owner === other.owner }
}

extension Tensor: CustomStringConvertible {
  /// The type, shape and, for few elements, the values.
  public var description: String {
    let head = "Tensor(\(elementType), \(shape)"
    guard count <= 16 else { return head + ")" }
    return head + ", \(converted(to: .float64).values(as: Double.self)))"
  }
}
