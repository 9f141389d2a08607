import Foundation
import Torch

/// A setting of an ONNX operator.
enum Attribute {
  case int(Int)
  case ints([Int])
  case float(Double)
}

extension Onnx_AttributeProto {
  init(_ name: String, _ attribute: Attribute) {
    self.init()
    self.name = name
    switch attribute {
    case .int(let value):
      type = .int
      i = Int64(value)
    case .ints(let values):
      type = .ints
      ints = values.map(Int64.init)
    case .float(let value):
      type = .float
      f = Float(value)
    }
  }
}

extension Onnx_ValueInfoProto {
  /// An input or output of a graph.
  init(_ name: String, _ type: ElementType, _ lengths: [Length]) {
    self.init()
    self.name = name
    self.type = Onnx_TypeProto(type, lengths)
  }
}
