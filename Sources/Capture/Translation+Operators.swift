import CKernels
import Foundation
import Torch

extension Translation {
  /// Adds the operations that a call amounts to; false where none are known.
  mutating func translate(_ call: Recording.Call) -> Bool {
    let arguments = call.arguments
    if call.name == "aten::convolution_backward" { return convolutionBackward(call) }
    guard call.results.count == 1, let value = call.results[0], value.type == .float32,
      !value.shape.contains(0)
    else { return false }
    // Other types, and tensors without elements, take part in calls only.
    func isPlain(_ value: Recording.Value) -> Bool { value.type == .float32 && !value.shape.contains(0) }
    for case .tensor(let tensor) in arguments where !isPlain(tensor) { return false }
    for case .tensors(let tensors) in arguments {
      if tensors.contains(where: { $0.map { !isPlain($0) } ?? true }) { return false }
    }
    let name = call.name.hasPrefix("aten::") ? String(call.name.dropFirst(6)) : call.name
    if let operation = Self.unary[name] { return map(operation, [arguments[0]], to: value) }
    if let operation = Self.binary[name] { return map(operation, [arguments[0], arguments[1]], to: value) }
    switch name {
    case "add.Tensor", "add_.Tensor", "sub.Tensor", "sub_.Tensor":
      return add(arguments, sign: name.hasPrefix("add") ? 1 : -1, to: value)
    case "add.Scalar", "add_.Scalar":
      return map(CK_ADD_K, [arguments[0]], k: number(arguments[1]) * number(arguments[2]), to: value)
    case "sub.Scalar", "sub_.Scalar":
      return map(CK_ADD_K, [arguments[0]], k: -number(arguments[1]) * number(arguments[2]), to: value)
    case "mul.Scalar", "mul_.Scalar":
      return scale(arguments[0], by: number(arguments[1]), to: value)
    case "div.Scalar", "div_.Scalar":
      return scale(arguments[0], by: 1 / number(arguments[1]), to: value)
    case "rsub.Scalar":
      guard number(arguments[2]) == 1 else { return false }
      return map(CK_RSUB_K, [arguments[0]], k: number(arguments[1]), to: value)
    case "pow.Tensor_Scalar":
      switch number(arguments[1]) {
      case 1: return scale(arguments[0], by: 1, to: value)
      case 2: return map(CK_SQUARE, [arguments[0]], to: value)
      case let power: return map(CK_POW_K, [arguments[0]], k: power, to: value)
      }
    case "clone", "contiguous", "alias", "detach":
      return scale(arguments[0], by: 1, to: value)
    case "ones_like", "zeros_like", "full_like", "fill.Scalar", "zero":
      let number =
        switch name {
        case "ones_like": 1.0
        case "full_like", "fill.Scalar": number(arguments[1])
        default: 0.0
        }
      if markConstant(value, Float(number)) { return true }
      guard let output = result(value) else { return false }
      elementwise(CK_FILL, [], k: number, to: output)
      return true
    case "leaky_relu":
      guard map(CK_LEAKY_RELU, [arguments[0]], k: number(arguments[1]), to: value) else { return false }
      if number(arguments[1]) > 0 { remember(value, asActivationOf: arguments[0]) }
      return true
    case "leaky_relu_backward":
      // The result has its argument's sign.
      return mapBackward(
        CK_LEAKY_RELU_BACKWARD, ofResult: CK_LEAKY_RELU_BACKWARD, arguments[0], arguments[1],
        k: number(arguments[2]), to: value)
    case "threshold_backward":
      return map(CK_RELU_BACKWARD, [arguments[0], arguments[1]], k: number(arguments[2]), to: value)
    case "elu":
      guard number(arguments[2]) == 1, number(arguments[3]) == 1 else { return false }
      guard map(CK_ELU, [arguments[0]], k: number(arguments[1]), to: value) else { return false }
      if number(arguments[1]) > 0 { remember(value, asActivationOf: arguments[0]) }
      return true
    case "elu_backward":
      guard number(arguments[2]) == 1, number(arguments[3]) == 1, case .bool(let ofResult) = arguments[4]
      else { return false }
      return mapBackward(
        ofResult ? CK_ELU_RESULT_BACKWARD : CK_ELU_BACKWARD, ofResult: CK_ELU_RESULT_BACKWARD, arguments[0],
        arguments[5], k: number(arguments[1]), to: value)
    case "softplus":
      guard number(arguments[1]) == 1 else { return false }
      return map(CK_SOFTPLUS, [arguments[0]], to: value)
    case "softplus_backward":
      guard number(arguments[2]) == 1 else { return false }
      return map(CK_SOFTPLUS_BACKWARD, [arguments[0], arguments[1]], to: value)
    case "clamp":
      return clamp(arguments, to: value)
    case "convolution": return convolution(arguments, to: value)
    case "addmm": return product(arguments[1], arguments[2], bias: arguments[0], call: call, to: value)
    case "mm": return product(arguments[0], arguments[1], bias: .none, call: call, to: value)
    case "sum", "mean", "sum.dim_IntList", "mean.dim": return sum(name, arguments, to: value)
    case "cat": return concatenation(arguments, to: value)
    case "slice_backward": return sliceBackward(arguments, to: value)
    case "binary_cross_entropy_with_logits":
      return reduce(
        CK_CROSS_ENTROPY, arguments, reduction: arguments[4], weights: arguments[2...3], to: value)
    case "mse_loss":
      return meanSquare(arguments, to: value)
    case "mse_loss_backward":
      return meanSquareBackward(arguments, to: value)
    default: return false
    }
  }

  private static let unary: [String: Int] = [
    "neg": CK_NEG, "abs": CK_ABS, "exp": CK_EXP, "expm1": CK_EXPM1, "log": CK_LOG, "log1p": CK_LOG1P,
    "sqrt": CK_SQRT, "rsqrt": CK_RSQRT, "reciprocal": CK_RECIPROCAL, "sigmoid": CK_SIGMOID, "tanh": CK_TANH,
    "relu": CK_RELU, "square": CK_SQUARE,
  ]

  private static let binary: [String: Int] = [
    "mul.Tensor": CK_MUL, "mul_.Tensor": CK_MUL, "div.Tensor": CK_DIV, "maximum": CK_MAX, "minimum": CK_MIN,
    "sigmoid_backward": CK_SIGMOID_BACKWARD, "tanh_backward": CK_TANH_BACKWARD,
  ]

  // MARK: Elementwise

  private mutating func operands(_ arguments: [Recording.Argument]) -> [Operand]? {
    var result: [Operand] = []
    for argument in arguments {
      guard case .tensor(let value) = argument else { return nil }
      result.append(operand(value))
    }
    return result
  }

  private mutating func map(
    _ operation: Int, _ arguments: [Recording.Argument], k: Double = 0, to value: Recording.Value
  ) -> Bool {
    guard let inputs = operands(arguments), let output = result(value, examples: examples(of: inputs)) else {
      return false
    }
    elementwise(operation, inputs, k: k, to: output)
    return true
  }

  /// Keeps in mind that a value is the activation of another, whose slope it gives as well.
  private mutating func remember(_ value: Recording.Value, asActivationOf argument: Recording.Argument) {
    guard case .tensor(let source) = argument, case .place(let place) = operand(source) else { return }
    activations[place] = self.place(of: value)
  }

  /// A slope by an activation's argument, or by its result where that is at hand: then the argument need not
  /// be kept.
  private mutating func mapBackward(
    _ operation: Int, ofResult: Int, _ slope: Recording.Argument, _ source: Recording.Argument, k: Double,
    to value: Recording.Value
  ) -> Bool {
    guard var inputs = operands([slope, source]) else { return false }
    var operation = operation
    if case .place(let place) = inputs[1], let result = activations[place] {
      inputs[1] = .place(result)
      operation = ofResult
    }
    guard let output = result(value, examples: examples(of: inputs)) else { return false }
    elementwise(operation, inputs, k: k, to: output)
    return true
  }

  private mutating func add(_ arguments: [Recording.Argument], sign: Double, to value: Recording.Value)
    -> Bool
  {
    let factor = sign * number(arguments[2])
    let operation = factor == 1 ? CK_ADD : factor == -1 ? CK_SUB : CK_ADD_SCALED
    return map(operation, Array(arguments[..<2]), k: factor, to: value)
  }

  private mutating func scale(
    _ argument: Recording.Argument, by factor: Double, to value: Recording.Value
  ) -> Bool {
    guard case .tensor(let source) = argument else { return false }
    if case .constant(let number) = operand(source) { return markConstant(value, number * Float(factor)) }
    if factor == 1, alias(value, to: source) { return true }
    return map(factor == 1 ? CK_COPY : CK_MUL_K, [argument], k: factor, to: value)
  }

  private mutating func clamp(_ arguments: [Recording.Argument], to value: Recording.Value) -> Bool {
    guard let inputs = operands([arguments[0]]), let output = result(value, examples: examples(of: inputs))
    else { return false }
    switch (arguments[1], arguments[2]) {
    case (.none, .none): return false
    case (let low, .none): elementwise(CK_MAX_K, inputs, k: number(low), to: output)
    case (.none, let high): elementwise(CK_MIN_K, inputs, k: number(high), to: output)
    case (let low, let high):
      let raised = temporary(value.shape, examples: examples(of: inputs))
      elementwise(CK_MAX_K, inputs, k: number(low), to: raised)
      elementwise(CK_MIN_K, [.place(raised)], k: number(high), to: output)
    }
    return true
  }

  // MARK: Products

  private mutating func product(
    _ left: Recording.Argument, _ right: Recording.Argument, bias: Recording.Argument, call: Recording.Call,
    to value: Recording.Value
  ) -> Bool {
    guard var factors = operands([left, right]), case .tensor(let a) = left, case .tensor(let b) = right
    else { return false }
    if case .tensor = bias, number(call.arguments[3]) != 1 || number(call.arguments[4]) != 1 { return false }
    // The product of a column and a row is theirs element by element.
    let isOuter = a.shape[1] == 1
    if !isOuter {
      // A factor of one number only needs memory.
      for (index, recorded) in [a, b].enumerated() {
        if case .constant(let number) = factors[index] {
          let filled = temporary(recorded.shape)
          elementwise(CK_FILL, [], k: Double(number), to: filled)
          factors[index] = .place(filled)
        }
      }
    }
    let biased = bias != .none
    guard let output = result(value) else { return false }
    let plain = biased ? temporary(value.shape) : output
    if isOuter {
      elementwise(CK_MUL, factors, to: plain)
    } else {
      add(.product, factors, to: plain)
    }
    if biased {
      guard let offset = operands([bias]) else { return false }
      elementwise(CK_ADD, [.place(plain)] + offset, to: output)
    }
    return true
  }

  // MARK: Sums

  private mutating func sum(
    _ name: String, _ arguments: [Recording.Argument], to value: Recording.Value
  ) -> Bool {
    guard case .tensor(let source) = arguments[0], let output = result(value) else { return false }
    let rank = source.shape.count
    var axes = Array(0..<rank)
    if name.contains("dim"), case .ints(let given) = arguments[1], !given.isEmpty {
      axes = given.map { $0 < 0 ? $0 + rank : $0 }.sorted()
    }
    let summed = axes.map { source.shape[$0] }.reduce(1, *)
    let scale = name.hasPrefix("mean") ? 1 / Float(summed) : 1
    var input = operand(source)
    if case .constant(let number) = input {
      let total = number * (name.hasPrefix("mean") ? 1 : Float(summed))
      let filled = temporary(source.shape)
      elementwise(CK_FILL, [], k: Double(total / Float(summed) / scale), to: filled)
      input = .place(filled)
    }
    guard case .place(let place) = input else { return false }
    let matrix: Place?
    let kind: Int
    if axes.count == rank {
      (matrix, kind) = (
        place.matrix(leading: rank == 0 ? 0 : rank - 1) ?? place.matrix(leading: 0), CK_SUM_ALL
      )
    } else if axes == Array(0..<axes.count) {
      (matrix, kind) = (place.matrix(leading: axes.count), CK_SUM_OVER_ROWS)
    } else if axes == Array((rank - axes.count)..<rank) {
      (matrix, kind) = (place.matrix(leading: rank - axes.count), CK_SUM_OVER_COLUMNS)
    } else {
      return false
    }
    guard let matrix, output.isDense else { return false }
    add(.sum(Int32(kind), scale: scale), [.place(matrix)], to: output)
    return true
  }

  /// A loss element by element, and its sum or mean.
  private mutating func reduce(
    _ operation: Int, _ arguments: [Recording.Argument], reduction: Recording.Argument,
    weights: ArraySlice<Recording.Argument>, to value: Recording.Value
  ) -> Bool {
    guard weights.allSatisfy({ $0 == .none }), case .tensor(let first) = arguments[0],
      let inputs = operands(Array(arguments[..<2])), let output = result(value)
    else { return false }
    return finish(first.shape, reduction, examples(of: inputs), to: output) { translation, place in
      translation.elementwise(operation, inputs, to: place)
    }
  }

  private mutating func meanSquare(_ arguments: [Recording.Argument], to value: Recording.Value) -> Bool {
    guard case .tensor(let first) = arguments[0], let inputs = operands(Array(arguments[..<2])),
      let output = result(value)
    else { return false }
    return finish(first.shape, arguments[2], examples(of: inputs), to: output) { translation, place in
      let difference = translation.temporary(first.shape, examples: translation.examples(of: inputs))
      translation.elementwise(CK_SUB, inputs, to: difference)
      translation.elementwise(CK_SQUARE, [.place(difference)], to: place)
    }
  }

  private mutating func finish(
    _ shape: Shape, _ reduction: Recording.Argument, _ examples: Int?, to output: Place,
    _ compute: (inout Translation, Place) -> Void
  ) -> Bool {
    let reduction = Int(number(reduction))
    if reduction == 0 {
      compute(&self, output)
      return true
    }
    let values = temporary(shape, examples: examples)
    compute(&self, values)
    let upright = values.isRotated ? values.rotated : values
    guard let matrix = upright.matrix(leading: values.isRotated ? 1 : max(0, shape.count - 1)) else {
      return false
    }
    add(
      .sum(Int32(CK_SUM_ALL), scale: reduction == 1 ? 1 / Float(values.count) : 1), [.place(matrix)],
      to: output)
    return true
  }

  private mutating func meanSquareBackward(
    _ arguments: [Recording.Argument], to value: Recording.Value
  ) -> Bool {
    guard let inputs = operands(Array(arguments[..<3])),
      let output = result(value, examples: examples(of: inputs))
    else { return false }
    let difference = temporary(value.shape, examples: examples(of: inputs))
    let scaled = temporary(value.shape, examples: examples(of: inputs))
    elementwise(CK_SUB, [inputs[1], inputs[2]], to: difference)
    let factor = number(arguments[3]) == 1 ? 2 / Double(difference.count) : 2
    elementwise(CK_MUL_K, [.place(difference)], k: factor, to: scaled)
    elementwise(CK_MUL, [.place(scaled), inputs[0]], to: output)
    return true
  }

  // MARK: Parts

  private mutating func concatenation(
    _ arguments: [Recording.Argument], to value: Recording.Value
  ) -> Bool {
    guard case .tensors(let parts) = arguments[0], case .int(var axis) = arguments[1],
      let output = result(value)
    else { return false }
    if axis < 0 { axis += value.shape.count }
    var start = 0
    for case let part? in parts {
      guard part.type == .float32, part.shape.count == value.shape.count else { return false }
      elementwise(
        CK_COPY, [operand(part)], to: output.narrowed(axis, from: start, length: part.shape[axis]))
      start += part.shape[axis]
    }
    return true
  }

  /// Zeros, but for a range of one axis.
  private mutating func sliceBackward(
    _ arguments: [Recording.Argument], to value: Recording.Value
  ) -> Bool {
    guard case .tensor(let slope) = arguments[0], case .int(var axis) = arguments[2],
      case .int(let start) = arguments[3], case .int(let step) = arguments[5], step == 1,
      let output = result(value)
    else { return false }
    if axis < 0 { axis += value.shape.count }
    let length = value.shape[axis], end = start + slope.shape[axis]
    for (from, to) in [(0, start), (end, length)] where to > from {
      elementwise(CK_FILL, [], k: 0, to: output.narrowed(axis, from: from, length: to - from))
    }
    elementwise(CK_COPY, [operand(slope)], to: output.narrowed(axis, from: start, length: end - start))
    return true
  }
}

extension Place {
  /// A range of one axis.
  func narrowed(_ axis: Int, from start: Int, length: Int) -> Place {
    var shape = shape
    shape[axis] = length
    return Place(
      buffer: buffer, offset: offset + start * strides[axis], shape: shape, strides: strides)
  }
}

/// The number in an argument; 0 where there is none.
private func number(_ argument: Recording.Argument) -> Double {
  switch argument {
  case .int(let value): Double(value)
  case .double(let value): value
  case .bool(let value): value ? 1 : 0
  default: 0
  }
}
