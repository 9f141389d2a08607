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
    let kind: Kind

    enum Kind {
      /// Makes the action, given where the tensors' elements will lie, row by row.
      case closure(prepare: ([UnsafeMutablePointer<Float>]) -> () -> Void)
      case update(AdamUpdate)
    }

    /// An action after all calls recorded so far.
    ///
    /// - Parameters:
    ///   - reads: tensors that the recording knows.
    ///   - prepare: makes the action, given where the tensors' elements will lie, row by row.
    package init(
      reading reads: [Tensor] = [], prepare: @escaping ([UnsafeMutablePointer<Float>]) -> () -> Void
    ) {
      position = Recording.count
      self.reads = reads
      kind = .closure(prepare: prepare)
    }

    /// Adam's update of all parameters of its group that have gradients. It may be done earlier in the step, when a
    /// gradient is there and nothing needs the parameter as it was.
    ///
    /// - Parameters:
    ///   - adam: the optimiser.
    ///   - gradients: one a parameter; nil for one that stays as it is.
    ///   - rate: the learning rate, asked for before each run of the step.
    package init(moving adam: Adam, by gradients: [Tensor?], rate: @escaping () -> Double) {
      position = Recording.count
      reads = gradients.compactMap { $0 }
      kind = .update(AdamUpdate(adam, by: gradients, rate: rate))
    }
  }

  private enum Instruction {
    case kernel(KernelBuilder.Kernel)
    case lanes(UnsafePointer<ck_lane>, count: Int, slots: Int)
    case call(StepCall)
    case host(() -> Void)
    case update(AdamUpdate)
    /// A call that is made while other threads begin with what follows.
    indirect case beside(StepCall, Instruction)
  }

  private let recording: Recording
  private let memory: UnsafeMutableRawPointer
  /// How much memory it works in.
  package let byteCount: Int
  private var instructions: [Instruction] = []
  private let updates: [Int: AdamUpdate]
  private var outputs: [UnsafePointer<Float>] = []
  private let owned: OwnedMemory
  private let rounded = RoundedParameters()

  /// What it is made of, for people: a line for each instruction.
  package private(set) var listing: [String] = []

  /// A step from what was recorded.
  ///
  /// - Parameters:
  ///   - actions: what the host does within the step, in its order.
  ///   - reading: what is to be read after the step; see `output(_:)` and `elements(_:)`.
  ///   - threads: how many threads work on it. They are the same for all steps of the process.
  ///   - halves: whether products round their factors to bf16; all else is fp32.
  ///   - hasFixedWeights: whether the weights of convolutions stay as they are from here on, to be laid out for the
  ///     kernels once and not in each run.
  package init(
    _ recording: Recording, actions: [HostAction], reading: [Tensor], threads: Int, halves: Bool = false,
    hasFixedWeights: Bool = false
  ) {
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
    OuterProducts.find(in: &translation)
    updates = Dictionary(
      uniqueKeysWithValues: actions.enumerated().compactMap { number, action in
        if case .update(let update) = action.kind { (number, update) } else { nil }
      })
    let factors = halves ? RoundedFactors.add(to: &translation, updates) : nil
    let roundedParameters = factors.map { Array($0.parameters.values) } ?? []
    MovedParameters.fuse(&translation, updates, roundedParameters, keeping: kept)
    let fusion = Fusion(translation.graph, keeping: kept, recording)
    var schedule = Schedule(translation.graph, fusion.groups, keeping: kept)
    if halves { schedule.halve(HalfBuffers.choose(schedule, keeping: kept)) }
    let graph = schedule.graph
    let plan = MemoryPlan(schedule, keeping: kept, threads: threads, halves: halves)
    // Results lie in the step's own memory from here on.
    recording.releaseResults()
    owned = OwnedMemory()
    byteCount = max(64, plan.byteCount)
    memory = Self.largePages(byteCount)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)

    for (buffer, offset) in plan.constants {
      let constant = graph.buffers[buffer].constant!
      (memory + offset).initializeMemory(
        as: Float.self, repeating: constant, count: graph.buffers[buffer].byteCount / 4)
    }
    var builder = KernelBuilder(
      graph: graph, plan: plan, recording: recording, memory: memory, owned: owned,
      hasFixedWeights: hasFixedWeights, updates: updates)
    for parameter in roundedParameters {
      precondition(graph.buffers[parameter.copy.buffer].isHalf, "a copy that is no product's factor alone")
      let update = updates[parameter.moved.mark]!
      let copy = builder.address(parameter.copy.buffer).assumingMemoryBound(to: UInt16.self)
      update.copies[parameter.moved.read] = copy
      rounded.add(update.value(parameter.moved.read), at: copy)
    }
    for (index, item) in schedule.items.enumerated() {
      let first = graph.nodes[item.lanes[0][0].members[0]]
      if case .call(let call) = first.kind {
        instructions.append(.call(Self.call(recording, call, first, builder.address)))
        listing.append(recording.calls[call].name)
      } else if case .mark(let mark) = first.kind {
        switch actions[mark].kind {
        case .closure(let prepare):
          instructions.append(.host(prepare(first.inputs.map { builder.floats($0.place!) })))
          listing.append("host")
        case .update(let update):
          update.prepare(first.inputs.map { $0.place.map(builder.floats) })
          instructions.append(.update(update))
          listing.append("Adam")
        }
      } else if item.lanes.count == 1, item.lanes[0].count == 1 {
        instructions.append(.kernel(builder.kernel(index, 0)))
        listing.append(plan.kernels[index][0]!.title)
      } else {
        var tasks: [[ck_task]] = []
        for slot in 0..<threads {
          builder.slot = slot
          var position = 0
          tasks += item.lanes.map { lane in
            lane.map { _ in
              defer { position += 1 }
              return builder.kernel(index, position).task!
            }
          }
        }
        builder.slot = 0
        instructions.append(.lanes(owned.lanes(tasks), count: item.lanes.count, slots: threads))
        listing.append("\(item.lanes.count) lanes of \(tasks[0].count), made of \(item.groupCount) groups")
      }
      if let node = item.beside.map({ graph.nodes[$0.members[0]] }), case .call(let call) = node.kind {
        let operation = Self.call(recording, call, node, builder.address)
        instructions.append(.beside(operation, instructions.removeLast()))
        listing.append("\(listing.removeLast()), beside \(recording.calls[call].name)")
      }
    }
    outputs = kept.map { UnsafePointer(builder.floats($0)) }
  }

  deinit { free(memory) }

  /// Memory in pages as large as the system gives: kernels go across whole matrices, and translating the
  /// addresses of many small pages takes time.
  private static func largePages(_ byteCount: Int) -> UnsafeMutableRawPointer {
    var memory: UnsafeMutableRawPointer?
    let page = 2 << 20
    guard posix_memalign(&memory, page, byteCount) == 0, let memory else {
      exitWithError(OutOfMemory(byteCount: byteCount))
    }
    #if os(Linux)
      madvise(memory, byteCount, MADV_HUGEPAGE)
    #endif
    return memory
  }

  /// Runs the step.
  package func run() {
    begin()
    withoutGradients {
      for instruction in instructions { Self.run(instruction) }
    }
    rounded.remember()
  }

  /// Runs the step and adds to each instruction's time, in seconds.
  package func run(timing seconds: inout [Double]) {
    if seconds.isEmpty { seconds = [Double](repeating: 0, count: instructions.count) }
    let clock = ContinuousClock()
    begin()
    withoutGradients {
      for (index, instruction) in instructions.enumerated() {
        seconds[index] += clock.measure { Self.run(instruction) } / .seconds(1)
      }
    }
    rounded.remember()
  }

  /// Has ready what the step finds when it begins.
  private func begin() {
    for update in updates.values { update.begin() }
    rounded.refresh()
  }

  private static func run(_ instruction: Instruction) {
    switch instruction {
    case .kernel(.chain(let chain)): ck_run_pointwise(chain)
    case .kernel(.product(let product)): ck_run_product(product)
    case .kernel(.panels(let product)): ck_pack_panels(product)
    case .kernel(.convolution(let convolution)): ck_run_convolution(convolution)
    case .lanes(let lanes, let count, let slots): ck_run_lanes(lanes, Int64(count), Int32(slots))
    case .call(let operation): operation.run()
    case .host(let action): action()
    case .update(let update): update.run()
    case .beside(let operation, let rest):
      ck_do_beside(
        { Unmanaged<StepCall>.fromOpaque($0!).takeUnretainedValue().run() },
        Unmanaged.passUnretained(operation).toOpaque())
      run(rest)
      ck_finish_beside()
    }
  }

  /// One of the scalars that were to be read, as the last run left it.
  package func output(_ index: Int) -> Double { Double(outputs[index].pointee) }

  /// The elements of one of the tensors that were to be read, row by row, which each run writes anew; they live as long
  /// as the step.
  package func elements(_ index: Int) -> UnsafePointer<Float> { outputs[index] }

  private static func call(
    _ recording: Recording, _ call: Int, _ node: Node, _ address: (Int) -> UnsafeMutableRawPointer
  ) -> StepCall {
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
    let operation = RecordedOperation(recording, call: call, arguments: arguments, results: results)
    let place = node.outputs.count == 1 && results.count == 1 ? node.outputs[0] : nil
    let result = place.flatMap { place in
      place.isDense ? address(place.buffer).assumingMemoryBound(to: Float.self) + place.offset : nil
    }
    return StepCall(operation, recorded, result: result)
  }
}

/// That a step's memory is not to be had.
private struct OutOfMemory: DiagnosedError {
  let byteCount: Int
  var problem: String { "out of memory: there are no \(byteCount) bytes for what a step computes" }
  let location = "captured step"
  let remedy = "use a smaller batch or model"
}
