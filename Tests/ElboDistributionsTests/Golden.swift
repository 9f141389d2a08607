import ElboDistributions
import Foundation
import Testing
import Torch

/// The values that `Golden/make_golden.py` wrote.
struct Golden {
  private let tensors: [String: Tensor]

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    tensors = try Safetensors(contentsOf: folder.appending(path: "Golden/golden.safetensors")).tensors
  }

  /// The cases "<prefix>/<case>/...", by case: what follows the case's name -> tensor.
  func cases(of prefix: String) -> [(name: String, fields: [String: Tensor])] {
    var cases: [String: [String: Tensor]] = [:]
    for (key, tensor) in tensors where key.hasPrefix(prefix + "/") {
      let rest = key.dropFirst(prefix.count + 1).split(separator: "/", maxSplits: 1).map(String.init)
      cases[rest[0], default: [:]][rest[1]] = tensor
    }
    return cases.sorted { $0.key < $1.key }.map { (prefix + "/" + $0.key, $0.value) }
  }

  /// The distinct names up to the case's, of keys that begin like this.
  func families(under prefix: String = "") -> Set<String> {
    let keys = tensors.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
    return Set(keys.map { String($0.split(separator: "/")[0]) })
  }
}

extension [String: Tensor] {
  /// The tensors whose names begin like this, under the rest of their names.
  func prefixed(_ prefix: String) -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for (key, tensor) in self where key.hasPrefix(prefix) {
      result[String(key.dropFirst(prefix.count))] = tensor
    }
    return result
  }
}

extension Tensor {
  /// The elements as double-precision numbers.
  var numbers: [Double] { converted(to: .float64).values(as: Double.self) }

  init(_ values: [Double], type: ElementType = .float64) {
    self = Tensor(values, shape: [values.count]).converted(to: type)
  }

  /// A leaf of this tensor's values that asks for gradients.
  func leaf() -> Tensor { Parameter(self).tensor }
}

/// Records an issue unless shapes are equal and elements differ by at most tolerance (1 + |expected|).
func expectClose(
  _ value: Tensor, _ expected: Tensor, _ what: String, tolerance: Double = 1e-10,
  location: SourceLocation = #_sourceLocation
) {
  #expect(value.shape == expected.shape, "\(what): shape", sourceLocation: location)
  for (a, b) in zip(value.numbers, expected.numbers) where a != b {
    let error = abs(a - b) / (1 + abs(b))
    #expect(error <= tolerance, "\(what): \(a), expected \(b)", sourceLocation: location)
  }
}
