import Capture
import Torch

/// A trainer's step, recorded once and replayed: the same phases, gradients and updates as the trainer runs
/// with autograd.
final class StepCapture: StepReplay {
  private let step: CapturedStep
  private let names: [MetricName]
  private let numbers = StepNumbers()
  let slots: [Batch]

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

extension CapturedStep {
  /// Refuses a step with convolutions that libtorch computes: it runs one thread within a captured step, which is too
  /// little for these.
  func checkConvolutions() throws(CaptureProblem) {
    if let call = listing.first(where: { $0.hasPrefix("aten::convolution") }) {
      throw CaptureProblem(reason: "a convolution of its has no kernel here (\(call))")
    }
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
