import Elbo
import Foundation
import Torch

/// Turns what libtorch was asked to compute into a graph of ONNX.
///
/// A network runs twice, with batches of different sizes, and is recorded. A number that differs between the two
/// recordings is the batch's, so that none is written into the graph; what depends on no input is the same in both and
/// becomes a constant. So there is one table of operators, and no second description of any network.
struct GraphTracer {
  /// An input of the graph: [batch, width].
  struct Input {
    let name: String
    let width: Int
  }

  /// Batches of which neither is a length that layers are likely to have.
  static let sizes = (3, 5)
  /// The version of ONNX's operators that graphs are made of.
  static let opset = 18

  private(set) var nodes: [Node] = []
  private(set) var constants: [Onnx_TensorProto] = []
  /// The noise that the network draws, in the order of its draws.
  private(set) var noise: [Onnx_ValueInfoProto] = []
  private let recordings: (Recording, Recording)
  private let parameters: [Recording.Value: String]
  private let batchInput: String
  /// What holds each value at this point of the recording.
  private var names: [Recording.Value: String] = [:]
  /// The storages whose contents depend on inputs.
  private var live: Set<Int> = []
  /// The call after which a storage's contents stay as they are.
  private var lastWrites: [Int: Int] = [:]
  private var position = 0
  private var known: [Onnx_TensorProto: String] = [:]
  private var counts: [String: Int] = [:]
  private var batchName: String?
  /// The layer that the calls at hand belong to, by the parameter that was used last.
  private var layer = "its first layer"

  /// An operator of the graph, or what could not be said in one.
  struct Node {
    var proto: Onnx_NodeProto
    var problem: ExportError?
  }

  /// The graph of a network.
  ///
  /// - Parameters:
  ///   - name: the network's.
  ///   - parameters: the names that constants of the graph are to have.
  ///   - body: the network: inputs [batch, width] to outputs.
  /// - Throws: `ExportError` for an operator without a counterpart, with the layer it is in.
  static func graph(
    _ name: String, inputs: [Input], parameters: [String: Tensor], device: Device,
    _ body: ([Tensor], Generator) -> [NamedTensor]
  ) throws(ExportError) -> Onnx_GraphProto {
    let runs = [sizes.0, sizes.1].map { size in
      let generator = Generator(seed: 1, device: device)
      let tensors = inputs.map { Tensor.standardNormal([size, $0.width], using: generator) }
      let (outputs, recording) = withoutGradients { Recording.record { body(tensors, generator) } }
      return Run(inputs: tensors, outputs: outputs, recording: recording)
    }
    var tracer = GraphTracer(runs, inputs, parameters)
    try tracer.followCalls(name)
    var graph = Onnx_GraphProto()
    graph.name = name
    graph.input = inputs.map { input in
      Onnx_ValueInfoProto(input.name, .float32, [.batch(1), .fixed(input.width)])
    }
    for (a, b) in zip(runs[0].outputs, runs[1].outputs) {
      graph.output.append(try tracer.bind(a, b, network: name))
    }
    graph.input += tracer.noise
    graph.node = try tracer.needed(for: graph.output.map(\.name))
    let used = Set(graph.node.flatMap(\.input))
    graph.initializer = tracer.constants.filter { used.contains($0.name) }
    return graph
  }

  private struct Run {
    let inputs: [Tensor]
    let outputs: [NamedTensor]
    let recording: Recording
  }

  private init(_ runs: [Run], _ inputs: [Input], _ parameters: [String: Tensor]) {
    let recording = runs[0].recording
    recordings = (recording, runs[1].recording)
    batchInput = inputs[0].name
    self.parameters = Dictionary(
      parameters.compactMap { name, tensor in recording.value(of: tensor).map { ($0, name) } },
      uniquingKeysWith: { first, _ in first })
    for (input, tensor) in zip(inputs, runs[0].inputs) {
      guard let value = recording.value(of: tensor) else { continue }
      names[value] = input.name
      live.insert(value.storage)
    }
    for (index, call) in recording.calls.enumerated() where !call.isView {
      for argument in call.written {
        if case .tensor(let value) = call.arguments[argument] { lastWrites[value.storage] = index }
      }
    }
  }

  // MARK: Calls

  private mutating func followCalls(_ network: String) throws(ExportError) {
    let (first, second) = recordings
    guard first.calls.map(\.name) == second.calls.map(\.name) else {
      throw ExportError("computes otherwise for more examples", at: network)
    }
    for (index, pair) in zip(first.calls, second.calls).enumerated() {
      position = index
      follow(TracedCall(first: pair.0, second: pair.1, sizes: Self.sizes), in: network)
    }
  }

  private mutating func follow(_ call: TracedCall, in network: String) {
    for value in call.tensors {
      guard let name = parameters[Recording.Value(wholeOf: value.first)] else { continue }
      layer = name.split(separator: ".").dropLast().joined(separator: ".")
    }
    let written = call.first.written.compactMap { call.tensor($0) }
    let results = call.results.compactMap { $0 }
    let isLive =
      call.isRandom || call.tensors.contains { live.contains($0.first.storage) }
      || (results + written).contains { $0.first.shape != $0.second.shape }
    guard isLive else { return }
    do {
      let outputs = try translate(call)
      for value in written { names = names.filter { $0.key.storage != value.first.storage } }
      let targets = written.isEmpty ? results : written
      for (value, name) in zip(targets, outputs) {
        names[value.first] = name
        live.insert(value.first.storage)
      }
    } catch {
      let failed = newName("untranslated")
      var node = Onnx_NodeProto()
      node.output = [failed]
      nodes.append(
        Node(
          proto: node,
          problem: ExportError(
            "\(call.first.name) cannot be said in ONNX: \(error.text)", at: "\(network), at \(layer)",
            remedy: "use layers of other kinds, or export to safetensors")))
      for value in results + written {
        names[value.first] = failed
        live.insert(value.first.storage)
      }
    }
  }

  // MARK: Values

  /// What holds a value, as elements of a type.
  mutating func name(
    of value: TracedCall.Value, as type: ElementType? = nil
  ) throws(TracedCall.Problem) -> String {
    if let name = names[value.first] {
      guard let type, type != value.first.type else { return name }
      return add("Cast", [name], ["to": .int(Onnx_TensorProto.DataType(type).rawValue)])
    }
    guard !live.contains(value.first.storage) else {
      throw TracedCall.Problem(text: "it reads memory that was written in place")
    }
    guard lastWrites[value.first.storage].map({ $0 < position }) ?? true else {
      throw TracedCall.Problem(text: "it reads a constant that is overwritten later")
    }
    let contents = recordings.0.bytes(of: value.first)
    guard value.first.shape == value.second.shape, contents == recordings.1.bytes(of: value.second) else {
      throw TracedCall.Problem(text: "it reads what differs from run to run and is no input")
    }
    var constant = Onnx_TensorProto()
    constant.dims = value.first.shape.map(Int64.init)
    constant.dataType = Int32(Onnx_TensorProto.DataType(type ?? value.first.type).rawValue)
    constant.rawData = try contents.converted(from: value.first.type, to: type ?? value.first.type)
    return name(of: constant, known: parameters[value.first])
  }

  /// The number of elements of a value's storage.
  func recordedCount(_ value: Recording.Value) -> Int {
    recordings.0.storages[value.storage].byteCount / value.type.byteCount
  }

  /// The transposed matrix of a parameter, where a value is that.
  func transposed(_ value: TracedCall.Value) -> TracedCall.Value? {
    func turned(_ value: Recording.Value) -> Recording.Value {
      Recording.Value(
        storage: value.storage, offset: value.offset, shape: value.shape.reversed(),
        strides: value.strides.reversed(), type: value.type)
    }
    guard value.first.shape.count == 2, parameters[turned(value.first)] != nil else { return nil }
    return TracedCall.Value(first: turned(value.first), second: turned(value.second))
  }

  /// A constant of the graph.
  mutating func name(of constant: Onnx_TensorProto, known parameter: String? = nil) -> String {
    var named = constant
    // Parameters of equal values stay apart: their names are known.
    named.name = parameter ?? ""
    if let name = known[named] { return name }
    let key = named
    if parameter == nil { named.name = newName("constant") }
    constants.append(named)
    known[key] = named.name
    return named.name
  }

  /// A list of integers as a constant.
  mutating func constant(_ integers: [Int]) -> String {
    var constant = Onnx_TensorProto()
    constant.dims = [Int64(integers.count)]
    constant.dataType = Int32(Onnx_TensorProto.DataType.int64.rawValue)
    constant.rawData = integers.map(Int64.init).withUnsafeBytes { Data($0) }
    return name(of: constant)
  }

  /// A number as a constant scalar.
  mutating func constant(
    _ number: Double, _ type: ElementType = .float32
  ) throws(TracedCall.Problem) -> String {
    var constant = Onnx_TensorProto()
    constant.dataType = Int32(Onnx_TensorProto.DataType(type).rawValue)
    constant.rawData = try withUnsafeBytes(of: number) { Data($0) }.converted(from: .float64, to: type)
    return name(of: constant)
  }

  /// A shape as a tensor: a constant, or one made of the batch's size when the graph runs.
  mutating func shape(_ lengths: [Length]) -> String {
    guard lengths.contains(where: \.isOpen) else {
      return constant(lengths.map { if case .fixed(let count) = $0 { count } else { 0 } })
    }
    let batch = batchName ?? add("Shape", [batchInput], ["start": .int(0), "end": .int(1)])
    batchName = batch
    var parts: [String] = []
    for length in lengths {
      switch length {
      case .fixed(let count): parts.append(constant([count]))
      case .batch(1): parts.append(batch)
      case .batch(let times): parts.append(add("Mul", [batch, constant([times])]))
      }
    }
    return add("Concat", parts, ["axis": .int(0)])
  }

  /// A new input for a draw of standard normal noise.
  mutating func draw(_ lengths: [Length]) -> String {
    let name = noise.isEmpty ? "noise" : "noise_\(noise.count + 1)"
    noise.append(Onnx_ValueInfoProto(name, .float32, lengths))
    return name
  }

  // MARK: Nodes

  /// Appends an operator.
  ///
  /// - Returns: the name of its result.
  mutating func add(
    _ type: String, _ inputs: [String], _ attributes: KeyValuePairs<String, Attribute> = [:]
  ) -> String {
    var node = Onnx_NodeProto()
    node.opType = type
    node.input = inputs
    node.output = [newName(type.lowercased())]
    node.name = node.output[0]
    node.attribute = attributes.map { Onnx_AttributeProto($0.key, $0.value) }
    nodes.append(Node(proto: node))
    return node.output[0]
  }

  private mutating func newName(_ stem: String) -> String {
    counts[stem, default: 0] += 1
    return "\(stem)_\(counts[stem]!)"
  }

  /// Gives an output of the graph its name.
  private mutating func bind(
    _ first: NamedTensor, _ second: NamedTensor, network: String
  ) throws(ExportError) -> Onnx_ValueInfoProto {
    let problem: String
    do throws(TracedCall.Problem) {
      guard let a = recordings.0.value(of: first.tensor), let b = recordings.1.value(of: second.tensor)
      else { throw TracedCall.Problem(text: "nothing is computed") }
      let value = TracedCall.Value(first: a, second: b)
      position = recordings.0.calls.count
      var node = Onnx_NodeProto()
      node.opType = "Identity"
      node.name = "output_" + first.name
      node.input = [try name(of: value)]
      node.output = [first.name]
      nodes.append(Node(proto: node))
      let call = TracedCall(
        first: recordings.0.calls[0], second: recordings.1.calls[0], sizes: Self.sizes)
      return Onnx_ValueInfoProto(first.name, a.type, try call.lengths(value))
    } catch { problem = error.text }
    throw ExportError("output '\(first.name)' cannot be said in ONNX: \(problem)", at: network)
  }

  /// The operators that outputs depend on, in their order.
  ///
  /// - Throws: the first of those that could not be said.
  private func needed(for outputs: [String]) throws(ExportError) -> [Onnx_NodeProto] {
    var wanted = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where !wanted.isDisjoint(with: node.proto.output) {
      wanted.formUnion(node.proto.input)
      kept.append(node)
    }
    kept.reverse()
    if let problem = kept.lazy.compactMap(\.problem).first { throw problem }
    return kept.map(\.proto)
  }
}

extension TracedCall {
  /// Whether it draws random numbers.
  var isRandom: Bool { ["aten::randn", "aten::normal_", "aten::rand", "aten::uniform_"].contains(name) }
}

extension Recording.Value {
  /// The place itself, or the whole matrix that it is the transpose of.
  fileprivate init(wholeOf value: Recording.Value) {
    self = value
    if shape.count == 2, strides[0] < strides[1] {
      shape.reverse()
      strides.reverse()
    }
  }
}
