import CTorch

/// What libtorch was asked to compute, call by call: below autograd, so that the calls of a backward pass are
/// among them, and above libtorch's kernels.
///
/// Memory that the calls touched stays where it was for as long as the recording lives.
package struct Recording {
  /// A tensor as the calls saw it: a place in a storage. Offset and strides in elements.
  package struct Value: Hashable, Sendable {
    package var storage: Int
    package var offset: Int
    package var shape: Shape
    package var strides: [Int]
    package var type: ElementType

    package init(storage: Int, offset: Int, shape: Shape, strides: [Int], type: ElementType) {
      self.storage = storage
      self.offset = offset
      self.shape = shape
      self.strides = strides
      self.type = type
    }
  }

  /// An argument; element types, layouts, generators and the like are `other`, as text.
  package enum Argument: Hashable, Sendable {
    case none
    case tensor(Value)
    case tensors([Value?])
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case doubles([Double])
    case other(String)
  }

  /// One call of an operator.
  package struct Call: Sendable {
    /// The operator with its overload, such as "aten::add.Tensor".
    package var name: String
    /// All of the schema's arguments, in its order.
    package var arguments: [Argument]
    /// The results, lists flattened; nil for one that is no tensor.
    package var results: [Value?]
    /// The indices of the arguments that the call writes.
    package var written: [Int]
    /// Whether the results are places in arguments' storages and nothing is computed.
    package var isView: Bool
  }

  /// How a storage first appeared.
  package enum Origin: Int32, Sendable {
    /// As an argument that is only read: a parameter, a batch, a constant.
    case input = 0
    /// As an argument that is written, such as new memory that random numbers fill.
    case written = 1
    /// As a call's result.
    case result = 2
  }

  /// Memory that tensors share.
  package struct Storage: Sendable {
    package var byteCount: Int
    package var origin: Origin
  }

  /// The calls, in their order, but for those that only allocate.
  package let calls: [Call]
  /// The storages that the calls touched, in the order of their appearance.
  package let storages: [Storage]
  let owner: Owner

  /// Frees the recording when the last copy goes.
  final class Owner {
    let handle: OpaquePointer
    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { ct_recording_free(handle) }
  }

  /// The number of calls recorded so far in this thread; 0 where nothing is recorded.
  package static var count: Int { Int(ct_recording_count()) }

  /// Runs `body` and records what it asks libtorch to compute, in this thread. Recordings do not nest.
  package static func record<Result>(
    file: StaticString = #fileID, line: UInt = #line, _ body: () throws -> Result
  ) rethrows -> (Result, Recording) {
    require(file: file, line: line) { ct_recording_begin($0) }
    let result: Result
    do {
      result = try body()
    } catch {
      ct_recording_free(ct_recording_end())
      throw error
    }
    return (result, Recording(owning: ct_recording_end()))
  }

  private init(owning handle: OpaquePointer) {
    owner = Owner(handle)
    calls = (0..<ct_recording_call_count(handle)).map { Call(ct_recording_call(handle, $0)) }
    storages = (0..<ct_recording_storage_count(handle)).map {
      let storage = ct_recording_storage(handle, $0)
      return Storage(byteCount: Int(storage.bytes), origin: Origin(rawValue: storage.seen_as)!)
    }
  }

  /// Where a tensor's elements are; nil where no call touched its storage.
  package func value(of tensor: Tensor) -> Value? {
    withExtendedLifetime(tensor) { Value(ct_recording_value(owner.handle, tensor.handle)) }
  }

  /// Where a storage's bytes are, for as long as the recording lives.
  package func address(ofStorage storage: Int) -> UnsafeMutableRawPointer {
    precondition(storages.indices.contains(storage), "storage \(storage) of \(storages.count)")
    // Memory of no bytes has no address; any will do.
    return ct_recording_storage(owner.handle, Int64(storage)).data ?? Self.nothing
  }

  /// Frees the memory of results, whose addresses and values nobody asks for from here on.
  package func releaseResults() { ct_recording_release_results(owner.handle) }

  private nonisolated(unsafe) static let nothing = UnsafeMutableRawPointer.allocate(
    byteCount: 64, alignment: 64)
}

extension Recording.Value {
  /// The value that the shim describes; nil for no tensor.
  fileprivate init?(_ value: ct_recorded_value) {
    guard value.storage >= 0, let type = ElementType(rawValue: value.dtype) else { return nil }
    self.init(
      storage: Int(value.storage), offset: Int(value.offset),
      shape: list(value.shape, value.rank).map(Int.init),
      strides: list(value.strides, value.rank).map(Int.init), type: type)
  }
}

extension Recording.Argument {
  fileprivate init(_ argument: ct_recorded_argument) {
    let count = argument.count
    self =
      switch Int(argument.kind) {
      case CT_ARGUMENT_TENSOR: .tensor(Recording.Value(argument.values[0])!)
      case CT_ARGUMENT_TENSORS: .tensors(list(argument.values, count).map(Recording.Value.init))
      case CT_ARGUMENT_INT: .int(Int(argument.ints[0]))
      case CT_ARGUMENT_BOOL: .bool(argument.ints[0] != 0)
      case CT_ARGUMENT_DOUBLE: .double(argument.doubles[0])
      case CT_ARGUMENT_INTS: .ints(list(argument.ints, count).map(Int.init))
      case CT_ARGUMENT_DOUBLES: .doubles(Array(list(argument.doubles, count)))
      case CT_ARGUMENT_OTHER: .other(String(cString: argument.text))
      default: .none
      }
  }
}

extension Recording.Call {
  fileprivate init(_ call: ct_recorded_call) {
    let arguments = list(call.arguments, call.argument_count)
    self.init(
      name: String(cString: call.name), arguments: arguments.map(Recording.Argument.init),
      results: list(call.results, call.result_count).map(Recording.Value.init),
      written: arguments.indices.filter { arguments[$0].is_written }, isView: call.is_view)
  }
}

/// What the shim gives as a pointer and a count.
private func list<Element>(_ start: UnsafePointer<Element>?, _ count: Int64) -> UnsafeBufferPointer<Element> {
  UnsafeBufferPointer(start: start, count: Int(count))
}
