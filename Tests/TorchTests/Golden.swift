import Foundation
import Testing
import Torch

/// The values that `Golden/make_golden.py` wrote with PyTorch.
enum Golden {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

  static func url(_ name: String) -> URL { folder.appending(path: name + ".safetensors") }

  static func tensors(_ name: String) throws -> [String: Tensor] {
    try Safetensors(contentsOf: url(name)).tensors
  }
}

/// The elements as numbers, whatever their type.
func numbers(_ tensor: Tensor) -> [Double] {
  tensor.detached().converted(to: .float64).values(as: Double.self)
}

/// Records an issue unless shapes agree and each |a - b| is at most `absolute` + `relative` |b|.
func expectClose(
  _ found: Tensor, _ expected: Tensor, relative: Double = 1e-5, absolute: Double = 1e-6, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == expected.shape, "\(what)", sourceLocation: sourceLocation)
  guard found.shape == expected.shape else { return }
  for (place, (a, b)) in zip(numbers(found), numbers(expected)).enumerated() {
    let close = a == b || (a.isNaN && b.isNaN) || Swift.abs(a - b) <= absolute + relative * Swift.abs(b)
    if !close {
      Issue.record("\(what) at \(place): \(a), expected \(b)", sourceLocation: sourceLocation)
      return
    }
  }
}

/// Whether both have the same type, shape and bits.
func identical(_ a: Tensor, _ b: Tensor) -> Bool {
  guard a.elementType == b.elementType, a.shape == b.shape else { return false }
  return bytes(a) == bytes(b)
}

/// The elements' bytes in row-major order.
func bytes(_ tensor: Tensor) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: tensor.count * tensor.elementType.byteCount)
  bytes.withUnsafeMutableBytes { tensor.copyBytes(to: $0) }
  return bytes
}
