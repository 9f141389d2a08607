import Capture
import Torch

/// A trainer's step, recorded once and replayed: the same phases, gradients and updates as the trainer runs
/// with autograd.
final class StepCapture {
  /// What distinguishes steps that cannot share a recording.
  struct Key: Hashable {
    var repeats: [Int]
    var isRead: Bool
    /// The shapes of the batches' tensors.
    var shapes: [Shape]
  }

  private let step: CapturedStep
  private let names: [MetricName]
  private let numbers = StepNumbers()
  /// The batches as the recording knows them.
  let slots: [Batch]

  /// One line for each part of the step.
  var listing: [String] { step.listing }

  /// Records a step of a trainer on batches like these.
  ///
  /// Nothing moves: parameters, buffers and the generator are afterwards what they were.
  ///
  /// - Parameter update: what is done with the gradients of a group of parameters.
  init(
    _ trainer: Trainer, batches: [Batch], repeats: [Int], isRead: Bool, using generator: Generator,
    update: (ParameterRole, [Tensor?]) -> CapturedStep.HostAction
  ) throws(CaptureProblem) {
    let slots = batches.map(\.ownMemory)
    self.slots = slots
    var actions: [CapturedStep.HostAction] = []
    var metrics: [Metric] = []
    let numbers = numbers
    let (_, recording) = generator.rewinding {
      Recording.record {
        let contexts = slots.map {
          StepContext(
            $0, step: trainer.step, generator: generator, group: trainer.group, numbers: numbers,
            act: { actions.append($0) })
        }
        trainer.forEachPhase(contexts, repeats) { result, slopes in
          if isRead {
            withoutGradients { metrics += result.metrics() }
            metrics += result.objectives.map { Metric(name: $0.name, value: $0.value) }
          }
          for (objective, gradients) in zip(result.objectives, slopes) {
            actions.append(update(objective.updates, gradients))
            for follower in trainer.movers[objective.updates]!.followers {
              actions.append(CapturedStep.HostAction { _ in { follower.follow() } })
            }
          }
        }
      }
    }
    try recording.checkReads()
    names = metrics.map(\.name)
    step = CapturedStep(
      recording, actions: actions, reading: metrics.map(\.value), threads: trainer.threads,
      halves: trainer.configuration.precision == .bf16)
    try step.checkConvolutions()
  }

  /// Runs the step on these batches, as the step of this number.
  ///
  /// - Parameter timing: takes the seconds of each part of the step, added to what is there; nil where they
  ///   are not wanted.
  /// - Returns: what was read, under the names of the metrics.
  func run(
    _ batches: [Batch], step number: Int, timing: inout [Double]?
  ) -> [(name: MetricName, value: Double)] {
    for (slot, batch) in zip(slots, batches) { slot.fill(from: batch) }
    numbers.write(step: number)
    if var seconds = timing {
      step.run(timing: &seconds)
      timing = seconds
    } else {
      step.run()
    }
    return names.enumerated().map { ($1, step.output($0)) }
  }
}

/// Why a step cannot be captured.
struct CaptureProblem: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

extension Recording {
  /// Refuses a recording whose numbers the host has read: what it made of them would be the same in every replay.
  func checkReads() throws(CaptureProblem) {
    if let call = calls.first(where: { $0.name.hasPrefix("aten::_local_scalar_dense") }) {
      throw CaptureProblem(reason: "a number is read back within the step (\(call.name))")
    }
  }
}

extension CapturedStep {
  /// Refuses a step with convolutions that libtorch computes: it runs one thread within a captured step, which is too
  /// little for these.
  func checkConvolutions() throws(CaptureProblem) {
    if let call = listing.first(where: { $0.hasPrefix("aten::convolution") }) {
      throw CaptureProblem(reason: "a convolution of its has no kernel here (\(call))")
    }
  }
}

extension Batch {
  /// A batch of the same shapes in memory that is nobody else's.
  var ownMemory: Batch {
    Batch(
      x.cloned(), labels: labels?.cloned(), input: input.isIdentical(to: x) ? nil : input.cloned())
  }

  /// The shapes of its tensors.
  var shapes: [Shape] {
    [x.shape] + (labels.map { [$0.shape] } ?? []) + (input.isIdentical(to: x) ? [] : [input.shape])
  }

  /// Takes the elements of a batch of the same shapes.
  func fill(from batch: Batch) {
    if x.isIdentical(to: batch.x) { return }
    x.copy(from: batch.x)
    if let labels, let others = batch.labels { labels.copy(from: others) }
    if !input.isIdentical(to: x) { input.copy(from: batch.input) }
  }
}

extension Trainer {
  /// The update of a group of parameters, as a captured step does it.
  func update(_ role: ParameterRole, by gradients: [Tensor?]) -> CapturedStep.HostAction {
    let mover = movers[role]!
    let isClipped = configuration.training.gradientClip > 0
    if let adam = mover.optimiser as? Adam, !isClipped {
      return CapturedStep.HostAction(moving: adam, by: gradients) { [unowned self] in self.rate(of: mover) }
    }
    return CapturedStep.HostAction(reading: gradients.compactMap { $0 }) { [unowned self] addresses in
      let tensors = Self.tensors(over: addresses, gradients, mover)
      return { self.move(role, tensors) }
    }
  }

  /// Gradients at addresses where a captured step has them.
  static func tensors(
    over addresses: [UnsafeMutablePointer<Float>], _ gradients: [Tensor?], _ mover: Mover
  ) -> [Tensor?] {
    var next = addresses.makeIterator()
    return zip(gradients, mover.parameters.tensors).map { gradient, parameter in
      gradient == nil ? nil : Tensor(over: next.next()!, shape: parameter.shape)
    }
  }
}

extension Trainer {
  /// How far the gradients of the step to come, captured, are from autograd's: for each parameter the largest
  /// difference over the largest gradient. Nothing moves.
  package func captureErrors() throws -> [String: Double] {
    var errors: [String: Double] = [:]
    let batches = nextBatches()
    let capture = try StepCapture(
      self, batches: batches, repeats: repeats, isRead: true, using: generator
    ) { role, gradients in
      let names = zip(movers[role]!.parameters.names, gradients).filter { $1 != nil }.map(\.0)
      let expected = gradients.compactMap { $0?.values(as: Float.self) }
      return CapturedStep.HostAction(reading: gradients.compactMap { $0 }) { addresses in
        {
          for (index, name) in names.enumerated() {
            let found = UnsafeBufferPointer(start: addresses[index], count: expected[index].count)
            let largest = expected[index].map(abs).max() ?? 0
            let differences = zip(found, expected[index]).map { abs($0 - $1) }
            let difference = differences.allSatisfy(\.isFinite) ? differences.max() ?? 0 : .infinity
            let error = Double(difference / max(largest, 1e-12))
            errors["\(role.rawValue).\(name)"] = max(error, errors["\(role.rawValue).\(name)"] ?? 0)
          }
        }
      }
    }
    var timing: [Double]?
    _ = capture.run(batches, step: step, timing: &timing)
    return errors
  }
}
