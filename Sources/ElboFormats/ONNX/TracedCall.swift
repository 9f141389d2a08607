import Torch

/// One call of an operator, as it was made for a batch of one size and for one of another.
struct TracedCall {
  let first: Recording.Call
  let second: Recording.Call
  let sizes: (Int, Int)

  /// The operator without its overload, such as "aten::add".
  var name: String { String(first.name.prefix { $0 != "." }) }

  /// Why a call cannot be said in ONNX.
  struct Problem: Error {
    let text: String
  }

  /// A value of the first recording, and what it was in the second.
  struct Value: Hashable {
    let first: Recording.Value
    let second: Recording.Value
  }

  /// The tensor in an argument's place; nil where there is none.
  func tensor(_ index: Int) -> Value? {
    guard case .tensor(let a) = first.arguments[index], case .tensor(let b) = second.arguments[index]
    else { return nil }
    return Value(first: a, second: b)
  }

  /// The tensor in an argument's place.
  func operand(_ index: Int) throws(Problem) -> Value {
    guard let value = tensor(index) else { throw Problem(text: "argument \(index) is no tensor") }
    return value
  }

  /// The list of tensors in an argument's place.
  func operands(_ index: Int) throws(Problem) -> [Value] {
    guard case .tensors(let a) = first.arguments[index], case .tensors(let b) = second.arguments[index]
    else { throw Problem(text: "argument \(index) is no list of tensors") }
    return zip(a, b).compactMap { pair in
      pair.0.flatMap { a in pair.1.map { Value(first: a, second: $0) } }
    }
  }

  /// The number in an argument's place; nil where there is none.
  func number(_ index: Int) throws(Problem) -> Double? {
    guard first.arguments[index] == second.arguments[index] else {
      throw Problem(text: "argument \(index) depends on the number of examples")
    }
    return switch first.arguments[index] {
    case .int(let value): Double(value)
    case .double(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The integer in an argument's place, or what stands for a missing one.
  func int(_ index: Int, or missing: Int = 0) throws(Problem) -> Int {
    try number(index).map { Int(exactly: $0) ?? missing } ?? missing
  }

  /// The list of integers in an argument's place; one integer is a list too.
  func ints(_ index: Int) throws(Problem) -> [Int]? {
    guard first.arguments[index] == second.arguments[index] else {
      throw Problem(text: "argument \(index) depends on the number of examples")
    }
    return switch first.arguments[index] {
    case .ints(let values): values
    case .int(let value): [value]
    default: nil
    }
  }

  /// The results.
  var results: [Value?] {
    zip(first.results, second.results).map { pair in
      pair.0.flatMap { a in pair.1.map { Value(first: a, second: $0) } }
    }
  }

  /// The first result.
  var result: Value? { results.first.flatMap { $0 } }

  /// All tensors that are read.
  var tensors: [Value] {
    first.arguments.indices.flatMap { index in
      tensor(index).map { [$0] } ?? (try? operands(index)) ?? []
    }
  }

  /// The dimensions of a value.
  func lengths(_ value: Value) throws(Problem) -> [Length] {
    var lengths: [Length] = []
    for (a, b) in zip(value.first.shape, value.second.shape) {
      guard let length = Length(a, b, batches: sizes) else {
        throw Problem(text: "a dimension of \(a) for \(sizes.0) examples is \(b) for \(sizes.1)")
      }
      lengths.append(length)
    }
    return lengths
  }
}
