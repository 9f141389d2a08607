import CKernels
import Torch

/// Turns recorded calls into operations on buffers.
///
/// Every write of a whole temporary gives a new buffer, so that a buffer's contents change only where a call
/// that is not understood writes in place. Calls without a translation stay calls.
struct Translation {
  private(set) var graph = Graph()
  let recording: Recording
  /// The buffer that holds each storage's present contents, and where in it the storage begins.
  private var present: [Int: Place] = [:]
  /// The results of activations by the places of their arguments.
  var activations: [Place: Place] = [:]
  /// Storages that some call writes where they are.
  private var mutated: Set<Int> = []
  /// Whether all operations of the call at hand could be expressed.
  private var isExpressible = true

  init(_ recording: Recording) {
    self.recording = recording
    for call in recording.calls where !call.isView {
      for index in call.written {
        switch call.arguments[index] {
        case .tensor(let value): mutated.insert(value.storage)
        case .tensors(let values): mutated.formUnion(values.compactMap { $0?.storage })
        default: break
        }
      }
    }
  }

  // MARK: Buffers

  mutating func newBuffer(_ byteCount: Int, storage: Int? = nil, isOwn: Bool = true) -> Int {
    graph.buffers.append(Graph.Buffer(storage: storage, byteCount: byteCount, isOwn: isOwn, constant: nil))
    return graph.buffers.count - 1
  }

  /// A new dense place of this shape.
  mutating func temporary(_ shape: Shape) -> Place {
    Place(buffer: newBuffer(4 * shape.reduce(1, *)), shape: shape)
  }

  private mutating func base(of storage: Int) -> Place {
    if let base = present[storage] { return base }
    let info = recording.storages[storage]
    let buffer = newBuffer(info.byteCount, storage: storage, isOwn: info.origin == .result)
    let base = Place(buffer: buffer, offset: 0, shape: [], strides: [])
    present[storage] = base
    return base
  }

  /// Where a recorded value is now.
  mutating func place(of value: Recording.Value) -> Place {
    let base = base(of: value.storage)
    return Place(
      buffer: base.buffer, offset: base.offset + value.offset, shape: value.shape, strides: value.strides)
  }

  /// The place of a value, or the number that all its elements are.
  mutating func operand(_ value: Recording.Value) -> Operand {
    let place = place(of: value)
    if let constant = graph.buffers[place.buffer].constant { return .constant(constant) }
    return .place(place)
  }

  /// The place of a result: a new buffer that stands for its storage from here on. Nil where it does not
  /// cover its storage.
  mutating func result(_ value: Recording.Value) -> Place? {
    guard recording.storages[value.storage].origin == .result else { return nil }
    let byteCount = recording.storages[value.storage].byteCount
    let count = value.shape.reduce(1, *)
    guard value.offset == 0, value.type == .float32, isFilled(value) else { return nil }
    // A result may leave memory unused that its computation needed; what is written in place may be in use.
    guard byteCount == 4 * count || present[value.storage] == nil else { return nil }
    let buffer = newBuffer(4 * count, storage: value.storage)
    present[value.storage] = Place(buffer: buffer, offset: 0, shape: [], strides: [])
    return place(of: value)
  }

  private func isFilled(_ value: Recording.Value) -> Bool {
    let axes = zip(value.shape, value.strides).filter { $0.0 != 1 }.sorted { $0.1 < $1.1 }
    var step = 1
    for (length, stride) in axes {
      guard stride == step else { return false }
      step *= length
    }
    return true
  }

  /// Lets a result stand for elements that are there already; false where it cannot.
  mutating func alias(_ value: Recording.Value, to source: Recording.Value) -> Bool {
    guard value.type == .float32, source.type == .float32, value.offset == 0,
      !mutated.contains(value.storage), !mutated.contains(source.storage),
      value.shape == source.shape
    else { return false }
    let place = place(of: source)
    // What is copied from a parameter or a batch may be meant to stay when those change.
    guard graph.buffers[place.buffer].isOwn else { return false }
    let dense = Place(buffer: 0, offset: 0, shape: value.shape, strides: value.strides)
    guard dense.strides == place.strides, recording.storages[value.storage].byteCount == 4 * place.count
    else { return false }
    present[value.storage] = Place(buffer: place.buffer, offset: place.offset, shape: [], strides: [])
    return true
  }

  mutating func markConstant(_ value: Recording.Value, _ number: Float) -> Bool {
    guard !mutated.contains(value.storage), let place = result(value) else { return false }
    graph.buffers[place.buffer].constant = number
    return true
  }

  // MARK: Nodes

  /// Takes all operations away; the buffers stay.
  mutating func removeNodes() { graph.nodes = [] }

  mutating func append(_ node: Node) { graph.nodes.append(node) }

  mutating func add(_ kind: Node.Kind, _ inputs: [Operand], to output: Place) {
    graph.nodes.append(Node(kind: kind, inputs: inputs, outputs: [output]))
  }

  /// An elementwise operation on operands that are repeated to the output's shape.
  mutating func elementwise(
    _ operation: Int, _ inputs: [Operand], k: Double = 0, to output: Place
  ) {
    let inputs = inputs.map { operand in
      switch operand {
      case .place(let place): Operand.place(place.broadcast(to: output.shape))
      case .constant: operand
      }
    }
    add(.elementwise(Int32(operation), Float(k)), inputs, to: output)
    // Kernels see matrices.
    if graph.nodes.last!.matrices == nil { isExpressible = false }
  }

  /// Translates all calls, with marks before the calls of these numbers.
  mutating func run(marks: [Mark]) {
    var marks = marks.enumerated().makeIterator()
    var next = marks.next()
    func due(_ index: Int) -> Bool { next.map { $0.element.position <= index } ?? false }
    for index in 0...recording.calls.count {
      while due(index), let (number, mark) = next {
        let reads = mark.reads.map { Operand.place(dense($0)) }
        graph.nodes.append(Node(kind: .mark(number), inputs: reads, outputs: []))
        next = marks.next()
      }
      guard index < recording.calls.count else { break }
      let call = recording.calls[index]
      if call.isView { continue }
      let before = (graph, present, activations)
      isExpressible = true
      if !(translate(call) && isExpressible) {
        (graph, present, activations) = before
        keep(call, index)
      }
    }
  }

  /// The elements of a value one after another, copied where they are not.
  mutating func dense(_ value: Recording.Value) -> Place {
    let place = place(of: value)
    let constant = graph.buffers[place.buffer].constant
    if constant == nil, place.isDense { return place }
    let copy = temporary(value.shape)
    if let constant {
      elementwise(CK_FILL, [], k: Double(constant), to: copy)
    } else {
      elementwise(CK_COPY, [.place(place)], to: copy)
    }
    return copy
  }

  /// A call that stays a call.
  private mutating func keep(_ call: Recording.Call, _ index: Int) {
    var inputs: [Operand] = []
    var outputs: [Place] = []
    for (position, argument) in call.arguments.enumerated() {
      let places: [Place]
      switch argument {
      case .tensor(let value): places = [place(of: value)]
      case .tensors(let values): places = values.compactMap { $0 }.map { place(of: $0) }
      default: continue
      }
      inputs += places.map(Operand.place)
      if call.written.contains(position) { outputs += places }
    }
    for case let value? in call.results {
      let isNew = !call.written.contains { position in
        if case .tensor(let other) = call.arguments[position] { return other.storage == value.storage }
        return false
      }
      if isNew { present[value.storage] = nil }
      outputs.append(place(of: value))
    }
    graph.nodes.append(Node(kind: .call(index), inputs: inputs, outputs: outputs))
  }
}
