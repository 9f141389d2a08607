import CKernels
import Foundation
import Torch

/// A step that was recorded once and runs again without libtorch's dispatch and autograd: chains of elementwise
/// operations and products fused, in memory that is laid out once.
///
/// What it reads beside its own memory (parameters, batches, tables) it reads where it was when the step was
/// recorded.
package final class CapturedStep {
  /// What the host does at a place in the step.
  package struct HostAction {
    /// The number of calls recorded before it.
    let position: Int
    /// What it reads: tensors that the recording knows.
    let reads: [Tensor]
    /// Makes the action, given where the tensors' elements will lie, row by row.
    let prepare: ([UnsafeMutablePointer<Float>]) -> () -> Void

    /// An action after all calls recorded so far.
    package init(
      reading reads: [Tensor] = [], prepare: @escaping ([UnsafeMutablePointer<Float>]) -> () -> Void
    ) {
      position = Recording.count
      self.reads = reads
      self.prepare = prepare
    }
  }

  private enum Instruction {
    case chain(UnsafePointer<ck_pointwise>)
    case product(UnsafePointer<ck_product>)
    case convolution(UnsafePointer<ck_convolution>)
    case call(RecordedOperation)
    case host(() -> Void)
  }

  private let recording: Recording
  private let memory: UnsafeMutableRawPointer
  private var instructions: [Instruction] = []
  private var outputs: [UnsafePointer<Float>] = []
  private let owned: OwnedMemory

  /// What it is made of, for people: a line for each instruction.
  package private(set) var listing: [String] = []

  /// A step from what was recorded.
  ///
  /// - Parameters:
  ///   - actions: what the host does within the step, in its order.
  ///   - reading: scalars that are to be read after the step; see `output(_:)`.
  ///   - threads: how many threads work on it. They are the same for all steps of the process.
  package init(_ recording: Recording, actions: [HostAction], reading: [Tensor], threads: Int) {
    self.recording = recording
    ck_set_threads(Int32(threads))
    func value(_ tensor: Tensor) -> Recording.Value {
      guard let value = recording.value(of: tensor) else {
        preconditionFailure("a tensor that no recorded call touched")
      }
      return value
    }
    var translation = Translation(recording)
    translation.run(marks: actions.map { Mark(position: $0.position, reads: $0.reads.map(value)) })
    let kept = reading.map { translation.dense(value($0)) }
    SharedSlopes.share(&translation)
    let graph = translation.graph
    let fusion = Fusion(graph, keeping: kept, recording)
    let plan = MemoryPlan(graph, fusion.groups, keeping: kept)
    owned = OwnedMemory()
    memory = Self.largePages(max(64, plan.arena.byteCount))
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(64, plan.arena.byteCount))

    for (buffer, offset) in plan.constants {
      let constant = graph.buffers[buffer].constant!
      (memory + offset).initializeMemory(
        as: Float.self, repeating: constant, count: graph.buffers[buffer].byteCount / 4)
    }
    func address(_ buffer: Int) -> UnsafeMutableRawPointer {
      if let offset = plan.arena.offsets[buffer] { return memory + offset }
      return recording.address(ofStorage: graph.buffers[buffer].storage!)
    }
    func floats(_ place: Place) -> UnsafeMutablePointer<Float> {
      address(place.buffer).assumingMemoryBound(to: Float.self) + place.offset
    }
    func matrix(_ place: Place) -> ck_matrix {
      ck_matrix(base: floats(place), row: Int64(place.strides[0]), column: Int64(place.strides[1]))
    }
    for (index, group) in fusion.groups.enumerated() {
      let nodes = group.members.map { graph.nodes[$0] }
      switch nodes[0].kind {
      case .call(let call):
        instructions.append(.call(Self.operation(recording, call, nodes[0], address)))
        listing.append(recording.calls[call].name)
      case .mark(let mark):
        instructions.append(.host(actions[mark].prepare(nodes[0].inputs.map { floats($0.place!) })))
        listing.append("host")
      default:
        let leader = group.isLed ? nodes[0] : nil
        func isStored(_ place: Place) -> Bool { plan.isStored(place.buffer) }
        let finish =
          leader?.kind == .product
          ? ProductFinish(product: nodes[0].outputs[0], Array(nodes.dropFirst()), isStored: isStored) : nil
        let rest = finish?.rest ?? (leader == nil ? nodes : Array(nodes.dropFirst()))
        let led = finish?.result ?? leader?.outputs[0]
        var chain = Chain(rest, shape: group.shape!, product: led, isStored: isStored)
        let scratch = plan.arena.offsets[plan.scratch(index)].map {
          (memory + $0).assumingMemoryBound(to: Float.self)
        }
        var c = led
        if let led, let store = chain.replacesProduct, !isStored(led),
          Self.mayReplace(chain.stores[store].place, led, nodes[0].kind)
        {
          // The product goes where the chain's result goes, through half as much memory.
          c = chain.stores[store].place
          chain.loads[0] = c!
        }
        let pointwise = owned.pointwise(chain, matrix, floats, scratch)
        let after = rest.isEmpty ? nil : pointwise
        var title = "chain \(chain.shape)"
        switch nodes[0].kind {
        case .product:
          instructions.append(.product(owned.product(nodes[0], to: c!, finish!, after, matrix, scratch)))
          title = "product \(chain.shape) depth \(nodes[0].inputs[0].place!.shape[1])"
        case .convolution(let convolution):
          instructions.append(
            .convolution(owned.convolution(nodes[0], convolution, to: c!, after, floats, scratch)))
          title = convolution.title
        default:
          instructions.append(.chain(pointwise))
        }
        listing.append(
          title
            + " loads \(chain.loads.count) instructions \(chain.instructions.count)"
            + " stores \(chain.stores.count) sums \(chain.sums.count)")
      }
    }
    outputs = kept.map { UnsafePointer(floats($0)) }
  }

  deinit { free(memory) }

  /// Whether what leads a group may be written where the result of the group's chain goes.
  private static func mayReplace(_ place: Place, _ led: Place, _ kind: Node.Kind) -> Bool {
    kind == .product ? place.strides[1] < 2 : place.strides == led.strides
  }

  /// Memory in pages as large as the system gives: kernels go across whole matrices, and translating the
  /// addresses of many small pages takes time.
  private static func largePages(_ byteCount: Int) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    let page = 2 << 20
    guard posix_memalign(&memory, page, byteCount) == 0, let memory else {
      fatalError("no memory for a step of \(byteCount) bytes")
    }
    #if os(Linux)
      madvise(memory, byteCount, MADV_HUGEPAGE)
    #endif
    return memory
  }

  /// Runs the step.
  package func run() {
    withoutGradients {
      for instruction in instructions { Self.run(instruction) }
    }
  }

  /// Runs the step and adds to each instruction's time, in seconds.
  package func run(timing seconds: inout [Double]) {
    if seconds.isEmpty { seconds = [Double](repeating: 0, count: instructions.count) }
    let clock = ContinuousClock()
    withoutGradients {
      for (index, instruction) in instructions.enumerated() {
        seconds[index] += clock.measure { Self.run(instruction) } / .seconds(1)
      }
    }
  }

  private static func run(_ instruction: Instruction) {
    switch instruction {
    case .chain(let chain): ck_run_pointwise(chain)
    case .product(let product): ck_run_product(product)
    case .convolution(let convolution): ck_run_convolution(convolution)
    case .call(let operation): operation.run()
    case .host(let action): action()
    }
  }

  /// One of the scalars that were to be read, as the last run left it.
  package func output(_ index: Int) -> Double { Double(outputs[index].pointee) }

  private static func operation(
    _ recording: Recording, _ call: Int, _ node: Node, _ address: (Int) -> UnsafeMutableRawPointer
  ) -> RecordedOperation {
    let recorded = recording.calls[call]
    var values: [Recording.Value] = []
    for argument in recorded.arguments {
      switch argument {
      case .tensor(let value): values.append(value)
      case .tensors(let list): values += list.compactMap { $0 }
      default: continue
      }
    }
    // A value may stand in another buffer than its storage's own, from an offset on.
    func start(_ place: Place, _ value: Recording.Value) -> UnsafeMutableRawPointer {
      address(place.buffer) + 4 * (place.offset - value.offset)
    }
    let arguments = zip(node.inputs, values).map { start($0.place!, $1) }
    let isWritten = Set(
      recorded.written.flatMap { position -> [Int] in
        switch recorded.arguments[position] {
        case .tensor(let value): [value.storage]
        case .tensors(let list): list.compactMap { $0?.storage }
        default: []
        }
      })
    var places = node.outputs.suffix(recorded.results.compactMap { $0 }.count).makeIterator()
    let results: [UnsafeMutableRawPointer?] = recorded.results.compactMap { value in
      guard let value else { return nil }
      let place = places.next()!
      return .some(isWritten.contains(value.storage) ? nil : start(place, value))
    }
    return RecordedOperation(recording, call: call, arguments: arguments, results: results)
  }
}
