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
  /// Copies of places with their first dimension innermost, by the buffer and offset of what was copied.
  private var twins: [Twin: Int] = [:]
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
    graph.buffers.append(
      Graph.Buffer(storage: storage, byteCount: byteCount, isOwn: isOwn, constant: nil, examples: nil))
    return graph.buffers.count - 1
  }

  /// A new dense place of this shape, whose first dimension lies innermost where `examples` is its length.
  mutating func temporary(_ shape: Shape, examples: Int? = nil) -> Place {
    let place = Place(buffer: newBuffer(4 * shape.reduce(1, *)), shape: shape)
    guard let examples, shape.count > 1, shape[0] == examples, examples > 1 else { return place }
    graph.buffers[place.buffer].examples = examples
    return place.rotated(examples: examples, among: place.count)!
  }

  /// A column of one number.
  mutating func repeated(_ number: Float, count: Int) -> Place {
    let place = temporary([count, 1])
    graph.buffers[place.buffer].constant = number
    return place
  }

  /// A new dense place whose contents stay from one run of the step to the next.
  mutating func lasting(_ shape: Shape) -> Place {
    let place = temporary(shape)
    graph.buffers[place.buffer].lasts = true
    return place
  }

  private struct Twin: Hashable {
    var buffer: Int
    var offset: Int
    var count: Int
  }

  /// A place's elements with the first dimension innermost, where such a copy was made.
  func twin(of place: Place) -> Place? {
    guard place.isDense, place.shape.count > 1,
      let buffer = twins[Twin(buffer: place.buffer, offset: place.offset, count: place.count)],
      graph.buffers[buffer].examples == place.shape[0]
    else { return nil }
    return Place(buffer: buffer, shape: place.shape).rotated(examples: place.shape[0], among: place.count)
  }

  mutating func remember(_ buffer: Int, asTwinOf place: Place) {
    // A storage that is written in place may hold something else by then.
    if let storage = graph.buffers[place.buffer].storage, mutated.contains(storage) { return }
    guard place.isDense else { return }
    twins[Twin(buffer: place.buffer, offset: place.offset, count: place.count)] = buffer
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
    let place = Place(
      buffer: base.buffer, offset: base.offset + value.offset, shape: value.shape, strides: value.strides)
    guard let examples = graph.buffers[base.buffer].examples else { return place }
    let count = graph.buffers[base.buffer].byteCount / 4
    if let rotated = place.rotated(examples: examples, among: count) { return rotated }
    layRowByRow(value.storage)
    return self.place(of: value)
  }

  /// Copies a storage whose examples lie innermost to where they lie one after another, as libtorch has them.
  private mutating func layRowByRow(_ storage: Int) {
    guard let base = present[storage], let examples = graph.buffers[base.buffer].examples else { return }
    let count = graph.buffers[base.buffer].byteCount / 4
    let copy = Place(buffer: newBuffer(4 * count, storage: storage), shape: [examples, count / examples])
    let source = Place(buffer: base.buffer, shape: copy.shape).rotated(examples: examples, among: count)!
    elementwise(CK_COPY, [.place(source)], to: copy)
    present[storage] = Place(buffer: copy.buffer, offset: 0, shape: [], strides: [])
  }

  /// The place of a value, or the number that all its elements are.
  mutating func operand(_ value: Recording.Value) -> Operand {
    let place = place(of: value)
    if let constant = graph.buffers[place.buffer].constant { return .constant(constant) }
    return .place(place)
  }

  /// The place of a result: a new buffer that stands for its storage from here on. Nil where it does not
  /// cover its storage.
  ///
  /// - Parameter examples: the length of the first dimension, where that is to lie innermost.
  mutating func result(_ value: Recording.Value, examples: Int? = nil) -> Place? {
    guard recording.storages[value.storage].origin == .result else { return nil }
    let byteCount = recording.storages[value.storage].byteCount
    let count = value.shape.reduce(1, *)
    guard value.offset == 0, value.type == .float32, isFilled(value) else { return nil }
    // A result may leave memory unused that its computation needed; what is written in place may be in use.
    guard byteCount == 4 * count || present[value.storage] == nil else { return nil }
    let buffer = newBuffer(4 * count, storage: value.storage)
    present[value.storage] = Place(buffer: buffer, offset: 0, shape: [], strides: [])
    if let examples, value.shape.count > 1, value.shape[0] == examples, examples > 1,
      Place(buffer: buffer, offset: 0, shape: value.shape, strides: value.strides).isDense
    {
      graph.buffers[buffer].examples = examples
    }
    return place(of: value)
  }

  /// The length of the first dimension of what is read, where that lies innermost in some of it.
  func examples(of operands: [Operand]) -> Int? {
    operands.compactMap { $0.place.flatMap { graph.buffers[$0.buffer].examples } }.first
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
    if graph.buffers[place.buffer].examples != nil {
      // A copy of the whole lies as what it is copied from.
      guard source.offset == 0, value.strides == source.strides,
        recording.storages[value.storage].byteCount == graph.buffers[place.buffer].byteCount,
        place.count * 4 == graph.buffers[place.buffer].byteCount
      else { return false }
      present[value.storage] = Place(buffer: place.buffer, offset: 0, shape: [], strides: [])
      return true
    }
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
    let isRotated = output.isRotated
    let inputs = inputs.map { operand in
      switch operand {
      case .place(let place):
        Operand.place(((isRotated ? twin(of: place) : nil) ?? place).broadcast(to: output.shape))
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
      let before = (graph, present, activations, twins)
      isExpressible = true
      if !(translate(call) && isExpressible) {
        (graph, present, activations, twins) = before
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
    for argument in call.arguments {
      switch argument {
      case .tensor(let value): layRowByRow(value.storage)
      case .tensors(let values): for case let value? in values { layRowByRow(value.storage) }
      default: continue
      }
    }
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
