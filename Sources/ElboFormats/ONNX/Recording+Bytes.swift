import Foundation
import Torch

extension Recording {
  /// The elements of a value in row-major order, as they are at the end of the recording.
  func bytes(of value: Value) -> Data {
    let size = value.type.byteCount
    let start = UnsafeRawPointer(address(ofStorage: value.storage))
    var bytes = Data(capacity: value.shape.reduce(size, *))
    func walk(_ dimension: Int, _ place: Int) {
      guard dimension < value.shape.count else {
        return bytes.append(
          UnsafeBufferPointer(start: (start + place * size).assumingMemoryBound(to: UInt8.self), count: size))
      }
      // Rows that lie together are copied at once.
      if dimension == value.shape.count - 1, value.strides[dimension] == 1 {
        return bytes.append(
          UnsafeBufferPointer(
            start: (start + place * size).assumingMemoryBound(to: UInt8.self),
            count: size * value.shape[dimension]))
      }
      for index in 0..<value.shape[dimension] {
        walk(dimension + 1, place + index * value.strides[dimension])
      }
    }
    walk(0, value.offset)
    return bytes
  }
}

extension Data {
  /// Numbers of one element type as those of another.
  func converted(from source: ElementType, to target: ElementType) throws(TracedCall.Problem) -> Data {
    if source == target { return self }
    func numbers<Number: BitwiseCopyable>(_: Number.Type) -> [Number] {
      let width = MemoryLayout<Number>.size
      return withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: width).map {
          bytes.loadUnaligned(fromByteOffset: $0, as: Number.self)
        }
      }
    }
    let values: [Double]
    switch source {
    case .float32: values = numbers(Float.self).map(Double.init)
    case .float64: values = numbers(Double.self)
    case .int64: values = numbers(Int64.self).map(Double.init)
    case .int32: values = numbers(Int32.self).map(Double.init)
    case .uint8, .bool: values = numbers(UInt8.self).map(Double.init)
    case .bfloat16, .float16: throw TracedCall.Problem(text: "a constant of \(source)")
    }
    switch target {
    case .float32: return values.map { Float($0) }.withUnsafeBytes { Data($0) }
    case .float64: return values.withUnsafeBytes { Data($0) }
    case .int64:
      guard values.allSatisfy({ Int64(exactly: $0) != nil }) else {
        throw TracedCall.Problem(text: "a constant that is no integer")
      }
      return values.map { Int64($0) }.withUnsafeBytes { Data($0) }
    case .bool: return Data(values.map { $0 == 0 ? 0 : 1 })
    default: throw TracedCall.Problem(text: "a constant of \(target)")
    }
  }
}
