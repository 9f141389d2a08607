import Foundation
import Torch

extension GraphTracer {
  /// Adds a call that moves, selects or repeats elements; nil for one of another kind.
  mutating func shaped(_ operation: String, _ call: TracedCall) throws(TracedCall.Problem) -> String? {
    switch operation {
    case "view", "_unsafe_view", "_reshape_alias", "reshape", "unsqueeze", "squeeze", "flatten":
      return try reshaped(call)
    case "alias", "detach", "clone", "contiguous", "lift_fresh", "_to_copy":
      return try name(of: call.operand(0), as: call.result?.first.type)
    case "copy_":
      let target = try call.operand(0), source = try call.operand(1)
      guard target.first.shape == source.first.shape, target.first.offset == 0,
        recordedCount(target.first) == target.first.shape.reduce(1, *)
      else { throw TracedCall.Problem(text: "it writes a part of its memory") }
      return try name(of: source, as: target.first.type)
    case "t", "transpose", "permute": return try permuted(operation, call)
    case "expand": return try expanded(call)
    case "slice": return try sliced(call)
    case "select":
      let index = try constant(Double(try call.int(2)), .int64)
      return add("Gather", [try name(of: call.operand(0)), index], ["axis": .int(try call.int(1))])
    case "index_select":
      return add(
        "Gather", [try name(of: call.operand(0)), try name(of: call.operand(2))],
        ["axis": .int(try call.int(1))])
    case "gather":
      return add(
        "GatherElements", [try name(of: call.operand(0)), try name(of: call.operand(2))],
        ["axis": .int(try call.int(1))])
    case "cat":
      var parts: [String] = []
      for part in try call.operands(0) { parts.append(try name(of: part, as: call.result?.first.type)) }
      return add("Concat", parts, ["axis": .int(try call.int(1))])
    case "stack":
      let axis = try call.int(1)
      var parts: [String] = []
      for part in try call.operands(0) {
        parts.append(add("Unsqueeze", [try name(of: part), constant([axis])]))
      }
      return add("Concat", parts, ["axis": .int(axis)])
    case "tril":
      return add(
        "Trilu", [try name(of: call.operand(0)), try constant(Double(try call.int(1)), .int64)],
        ["upper": .int(0)])
    case "diag_embed":
      guard try call.int(1) == 0, let length = call.result?.first.shape.last else { break }
      return add(
        "Mul", [add("Unsqueeze", [try name(of: call.operand(0)), constant([-1])]), identity(length)])
    case "diagonal":
      guard try call.int(1) == 0, let length = call.result?.first.shape.last else { break }
      return add(
        "ReduceSum", [add("Mul", [try name(of: call.operand(0)), identity(length)]), constant([-1])],
        ["keepdims": .int(0)])
    case "zero_", "zeros", "zeros_like": return try filled(0, call)
    case "ones", "ones_like": return try filled(1, call)
    case "fill_": return try filled(try call.number(1), call)
    case "full", "full_like": return try filled(try call.number(1), call)
    default: break
    }
    return nil
  }

  private func result(_ call: TracedCall) throws(TracedCall.Problem) -> TracedCall.Value {
    guard let value = call.result else { throw TracedCall.Problem(text: "it has no result") }
    return value
  }

  private mutating func reshaped(_ call: TracedCall) throws(TracedCall.Problem) -> String {
    let input = try name(of: call.operand(0))
    let lengths = try call.lengths(result(call))
    if try call.lengths(call.operand(0)) == lengths { return input }
    // One open dimension follows from the others.
    guard lengths.filter(\.isOpen).count == 1 else { return add("Reshape", [input, shape(lengths)]) }
    let target = lengths.map { if case .fixed(let count) = $0 { count } else { -1 } }
    return add("Reshape", [input, constant(target)])
  }

  private mutating func permuted(
    _ operation: String, _ call: TracedCall
  ) throws(TracedCall.Problem) -> String {
    let a = try call.operand(0)
    let rank = a.first.shape.count
    func place(_ index: Int) -> Int { index < 0 ? index + rank : index }
    var order = Array(0..<rank)
    switch operation {
    case "t": order.reverse()
    case "transpose": order.swapAt(place(try call.int(1)), place(try call.int(2)))
    default: order = (try call.ints(1) ?? order).map(place)
    }
    return add("Transpose", [try name(of: a)], ["perm": .ints(order)])
  }

  private mutating func expanded(_ call: TracedCall) throws(TracedCall.Problem) -> String {
    let a = try call.operand(0)
    let input = try name(of: a)
    let lengths = try call.lengths(result(call))
    if try call.lengths(a) == lengths { return input }
    return add("Expand", [input, shape(lengths)])
  }

  private mutating func sliced(_ call: TracedCall) throws(TracedCall.Problem) -> String {
    let axis = try call.int(1)
    // The end of a whole dimension is its length, which may be the batch's.
    let a = try call.operand(0)
    if try call.lengths(a) == call.lengths(result(call)) { return try name(of: a) }
    let end = try call.number(3).map { min($0, Double(Int32.max)) } ?? Double(Int32.max)
    return add(
      "Slice",
      [
        try name(of: a), constant([try call.int(2)]), constant([Int(end)]), constant([axis]),
        constant([try call.int(4, or: 1)]),
      ])
  }

  /// Memory of one number that grows with the batch.
  private mutating func filled(
    _ number: Double?, _ call: TracedCall
  ) throws(TracedCall.Problem) -> String {
    guard let number else { throw TracedCall.Problem(text: "its value is no number") }
    let value = try result(call)
    return add("Expand", [try constant(number, value.first.type), shape(try call.lengths(value))])
  }

  private mutating func identity(_ length: Int) -> String {
    var matrix = Onnx_TensorProto()
    matrix.dims = [Int64(length), Int64(length)]
    matrix.dataType = Int32(Onnx_TensorProto.DataType.float.rawValue)
    matrix.rawData = (0..<length * length).map { $0 % (length + 1) == 0 ? Float(1) : 0 }
      .withUnsafeBytes { Data($0) }
    return name(of: matrix)
  }
}
