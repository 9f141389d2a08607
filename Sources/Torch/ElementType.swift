import CTorch

/// The type of a tensor's elements.
public enum ElementType: Int32, Sendable, CaseIterable {
  /// IEEE 754 single precision.
  case float32 = 0
  /// IEEE 754 double precision.
  case float64 = 1
  /// Single precision's exponent with 8 bits of significand.
  case bfloat16 = 2
  /// IEEE 754 half precision.
  case float16 = 3
  /// Signed integers of 64 bits: indices and labels.
  case int64 = 4
  /// Signed integers of 32 bits.
  case int32 = 5
  /// Bytes: pixels in files.
  case uint8 = 6
  /// Truth values, a byte each.
  case bool = 7

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .bfloat16, .float16: 2
    case .uint8, .bool: 1
    }
  }

  /// Whether gradients can flow through elements of this type.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64, .bfloat16, .float16: true
    case .int64, .int32, .uint8, .bool: false
    }
  }
}

/// A Swift type whose values can be a tensor's elements.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The tensor's element type that holds these values.
  static var elementType: ElementType { get }
}

extension Float: TensorElement {
  /// The element type of these values.
  public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  /// The element type of these values.
  public static var elementType: ElementType { .float64 }
}
extension Int64: TensorElement {
  /// The element type of these values.
  public static var elementType: ElementType { .int64 }
}
extension Int32: TensorElement {
  /// The element type of these values.
  public static var elementType: ElementType { .int32 }
}
extension UInt8: TensorElement {
  /// The element type of these values.
  public static var elementType: ElementType { .uint8 }
}
