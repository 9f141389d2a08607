import Foundation
import Torch

extension GraphTracer {
  /// Operators of one tensor that ONNX has too.
  private static let unary = [
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "atanh": "Atanh", "exp": "Exp", "log": "Log",
    "sqrt": "Sqrt", "abs": "Abs", "neg": "Neg", "sign": "Sign", "floor": "Floor", "round": "Round",
    "sin": "Sin", "cos": "Cos", "erf": "Erf", "reciprocal": "Reciprocal", "softplus": "Softplus",
    "logical_not": "Not",
  ]

  /// Operators of two tensors, or of a tensor and a number.
  private static let binary = [
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "maximum": "Max", "minimum": "Min", "pow": "Pow",
    "eq": "Equal", "lt": "Less", "gt": "Greater", "le": "LessOrEqual", "ge": "GreaterOrEqual",
    "logical_and": "And",
  ]

  /// Reductions along dimensions.
  private static let reductions = [
    "sum": "ReduceSum", "mean": "ReduceMean", "amax": "ReduceMax", "amin": "ReduceMin",
    "logsumexp": "ReduceLogSumExp",
  ]

  /// Adds what ONNX says for a call.
  ///
  /// - Returns: the names of its results, or of what it writes.
  mutating func translate(_ call: TracedCall) throws(TracedCall.Problem) -> [String] {
    let operation = String(call.name.dropFirst("aten::".count))
    if let type = Self.unary[operation] { return [add(type, [try name(of: call.operand(0))])] }
    if let type = Self.binary[operation] { return [try combination(type, call)] }
    if let type = Self.reductions[operation] { return [try reduction(type, call)] }
    if let result = try shaped(operation, call) { return [result] }
    return [try computed(operation, call)]
  }

  private mutating func combination(
    _ type: String, _ call: TracedCall
  ) throws(TracedCall.Problem) -> String {
    guard let result = call.result else { throw TracedCall.Problem(text: "it has no result") }
    let a = try call.operand(0)
    // A comparison's result is of another type than what it compares, among which a number weighs least.
    let isComparison = result.first.type == .bool && !["And"].contains(type)
    let type0 =
      isComparison && a.first.shape.isEmpty ? call.tensor(1)?.first.type ?? a.first.type : a.first.type
    let common = isComparison ? type0 : result.first.type
    var b: String
    if let value = call.tensor(1) {
      b = try name(of: value, as: common)
    } else if let number = try call.number(1) {
      b = try constant(number, common)
    } else {
      throw TracedCall.Problem(text: "its second argument is no number")
    }
    if type == "Add" || type == "Sub", call.first.arguments.count > 2, let factor = try call.number(2),
      factor != 1
    {
      b = add("Mul", [b, try constant(factor, common)])
    }
    return add(type, [try name(of: a, as: common), b])
  }

  private mutating func reduction(_ type: String, _ call: TracedCall) throws(TracedCall.Problem) -> String {
    let a = try call.operand(0)
    let input = try name(of: a)
    let dimensions = call.first.arguments.count > 2 ? try call.ints(1) ?? [] : []
    let axes = dimensions.isEmpty ? Array(a.first.shape.indices) : dimensions
    let keeps = call.first.arguments.count > 2 ? try call.int(2) : 0
    return add(type, [input, constant(axes)], ["keepdims": .int(keeps)])
  }

  private mutating func computed(
    _ operation: String, _ call: TracedCall
  ) throws(TracedCall.Problem) -> String {
    switch operation {
    case "addmm":
      guard try call.number(3) == 1, try call.number(4) == 1 else {
        throw TracedCall.Problem(text: "its factors are not 1")
      }
      let bias = try name(of: call.operand(0)), a = try name(of: call.operand(1))
      let b = try call.operand(2)
      guard let weight = transposed(b) else { return add("Gemm", [a, try name(of: b), bias]) }
      return add("Gemm", [a, try name(of: weight), bias], ["transB": .int(1)])
    case "mm", "bmm", "mv", "dot":
      return add("MatMul", [try name(of: call.operand(0)), try name(of: call.operand(1))])
    case "baddbmm":
      let product = add("MatMul", [try name(of: call.operand(1)), try name(of: call.operand(2))])
      return add("Add", [product, try name(of: call.operand(0))])
    case "convolution": return try convolution(call)
    case "leaky_relu":
      return add("LeakyRelu", [try name(of: call.operand(0))], ["alpha": .float(try call.number(1) ?? 0.01)])
    case "elu":
      return add("Elu", [try name(of: call.operand(0))], ["alpha": .float(try call.number(1) ?? 1)])
    case "silu":
      let x = try name(of: call.operand(0))
      return add("Mul", [x, add("Sigmoid", [x])])
    case "gelu":
      let x = try name(of: call.operand(0))
      let normal = add("Erf", [add("Mul", [x, try constant(0.5.squareRoot())])])
      let twice = add("Mul", [x, add("Add", [normal, try constant(1)])])
      return add("Mul", [twice, try constant(0.5)])
    case "log_sigmoid_forward":
      return add("Neg", [add("Softplus", [add("Neg", [try name(of: call.operand(0))])])])
    case "expm1": return add("Sub", [add("Exp", [try name(of: call.operand(0))]), try constant(1)])
    case "log1p": return add("Log", [add("Add", [try name(of: call.operand(0)), try constant(1)])])
    case "rsqrt": return add("Reciprocal", [add("Sqrt", [try name(of: call.operand(0))])])
    case "rsub":
      let factor = try call.number(2) ?? 1
      var a = try name(of: call.operand(0))
      if factor != 1 { a = add("Mul", [a, try constant(factor)]) }
      return add("Sub", [try constant(try call.number(1) ?? 0), a])
    case "clamp":
      let low = try call.number(1), high = try call.number(2)
      return add(
        "Clip",
        [
          try name(of: call.operand(0)), try constant(low ?? -.infinity), try constant(high ?? .infinity),
        ])
    case "where":
      guard let type = call.result?.first.type else { throw TracedCall.Problem(text: "it has no result") }
      return add(
        "Where",
        [
          try name(of: call.operand(0)), try name(of: call.operand(1), as: type),
          try name(of: call.operand(2), as: type),
        ])
    case "_softmax", "softmax":
      return add("Softmax", [try name(of: call.operand(0))], ["axis": .int(try call.int(1))])
    case "_log_softmax", "log_softmax":
      return add("LogSoftmax", [try name(of: call.operand(0))], ["axis": .int(try call.int(1))])
    case "randn", "normal_":
      let mean = operation == "randn" ? 0 : try call.number(1)
      let deviation = operation == "randn" ? 1 : try call.number(2)
      guard let value = call.result, value.first.type == .float32, mean == 0, deviation == 1 else {
        throw TracedCall.Problem(text: "its noise is not from N(0, 1)")
      }
      return draw(try call.lengths(value))
    default: throw TracedCall.Problem(text: "there is no translation")
    }
  }

  private mutating func convolution(_ call: TracedCall) throws(TracedCall.Problem) -> String {
    var inputs = [try name(of: call.operand(0)), try name(of: call.operand(1))]
    if let bias = call.tensor(2) { inputs.append(try name(of: bias)) }
    let spatial = try call.operand(0).first.shape.count - 2
    func sizes(_ index: Int) throws(TracedCall.Problem) -> [Int] {
      guard let list = try call.ints(index) else {
        throw TracedCall.Problem(text: "argument \(index) is no list of integers")
      }
      // One number stands for all dimensions.
      return list.count == 1 ? [Int](repeating: list[0], count: spatial) : list
    }
    let strides = try sizes(3), padding = try sizes(4), dilation = try sizes(5), outputPadding = try sizes(7)
    let group = try call.int(8, or: 1)
    guard try call.int(6) == 1 else {
      return add(
        "Conv", inputs,
        [
          "strides": .ints(strides), "pads": .ints(padding + padding), "dilations": .ints(dilation),
          "group": .int(group),
        ])
    }
    return add(
      "ConvTranspose", inputs,
      [
        "strides": .ints(strides), "pads": .ints(padding + padding), "dilations": .ints(dilation),
        "output_padding": .ints(outputPadding), "group": .int(group),
      ])
  }
}
