import Torch

/// The length of a dimension: a number, or so many times the number of examples.
enum Length: Hashable {
  case fixed(Int)
  case batch(Int)

  /// The length that was `first` for a batch of `sizes.0` and `second` for one of `sizes.1`; nil where it grew
  /// otherwise than the batch.
  init?(_ first: Int, _ second: Int, batches sizes: (Int, Int)) {
    if first == second {
      self = .fixed(first)
    } else if first % sizes.0 == 0, first / sizes.0 * sizes.1 == second {
      self = .batch(first / sizes.0)
    } else {
      return nil
    }
  }

  /// Whether it grows with the batch.
  var isOpen: Bool { if case .batch = self { true } else { false } }
}

extension Onnx_TypeProto {
  /// The type of a tensor whose open dimensions are named after the batch.
  init(_ type: ElementType, _ lengths: [Length]) {
    self.init()
    tensorType.elemType = Int32(Onnx_TensorProto.DataType(type).rawValue)
    tensorType.shape.dim = lengths.map { length in
      var dimension = Onnx_TensorShapeProto.Dimension()
      switch length {
      case .fixed(let count): dimension.dimValue = Int64(count)
      case .batch(1): dimension.dimParam = "batch"
      case .batch(let times): dimension.dimParam = "batch * \(times)"
      }
      return dimension
    }
  }
}

extension Onnx_TensorProto.DataType {
  /// ONNX's name for an element type.
  init(_ type: ElementType) {
    self =
      switch type {
      case .float32: .float
      case .float64: .double
      case .bfloat16: .bfloat16
      case .float16: .float16
      case .int64: .int64
      case .int32: .int32
      case .uint8: .uint8
      case .bool: .bool
      }
  }
}
