import Torch

/// A trainer's step on a GPU as one graph, recorded once and replayed: the same phases, gradients and updates, launched
/// by one call.
final class StepGraph: StepReplay {
  private let graph: DeviceGraph
  private let numbers: StepNumbers
  /// The learning rates of this step, where the graph reads them.
  private let rates: [(mover: Trainer.Mover, element: Tensor)]
  private let metrics: [Metric]
  private unowned let trainer: Trainer
  let slots: [Batch]

  let listing = ["a graph of all that the GPU does"]

  /// Records a step of a trainer on batches like these.
  ///
  /// Nothing moves: parameters, buffers and the generator are afterwards what they were.
  init(
    _ trainer: Trainer, batches: [Batch], repeats: [Int], isRead: Bool, using generator: Generator
  ) throws(CaptureProblem) {
    guard trainer.group == nil else {
      throw CaptureProblem(reason: "what several processes do together on GPUs is no graph")
    }
    guard DeviceGraph.isAvailable(on: generator.device) else {
      throw CaptureProblem(reason: "this libtorch has no graphs on \(generator.device)")
    }
    guard !generator.isReplaying else {
      throw CaptureProblem(reason: "recorded draws come from the host")
    }
    let slots = batches.map(\.ownMemory)
    let numbers = StepNumbers(on: generator.device)
    func contexts() -> [StepContext] {
      numbers.restart()
      return slots.map {
        StepContext($0, step: trainer.step, generator: generator, group: nil, numbers: numbers)
      }
    }
    // Once as it comes: libraries make ready what they may not while a graph is recorded, and what the host reads is seen.
    let (_, rehearsal) = generator.rewinding {
      Recording.record { trainer.forEachPhase(contexts(), repeats) { _, _ in } }
    }
    try rehearsal.checkReads()

    let elements = trainer.movers.mapValues { _ in
      Tensor([Float(0)], shape: []).moved(to: generator.device)
    }
    var metrics: [Metric] = []
    graph = DeviceGraph(using: generator) {
      trainer.forEachPhase(contexts(), repeats) { result, slopes in
        if isRead {
          withoutGradients { metrics += result.metrics() }
          metrics += result.objectives.map { Metric(name: $0.name, value: $0.value.detached()) }
        }
        for (objective, gradients) in zip(result.objectives, slopes) {
          trainer.move(objective.updates, gradients, at: .element(elements[objective.updates]!))
          for follower in trainer.movers[objective.updates]!.followers { follower.follow() }
        }
      }
      return metrics.map(\.value)
    }
    self.metrics = metrics
    self.slots = slots
    self.numbers = numbers
    self.trainer = trainer
    rates = elements.map { (trainer.movers[$0]!, $1) }
  }

  func run(
    _ batches: [Batch], step number: Int, timing: inout [Double]?
  ) -> [(name: MetricName, value: Double)] {
    for (slot, batch) in zip(slots, batches) { slot.fill(from: batch) }
    numbers.write(step: number)
    for rate in rates { rate.element.fill(trainer.rate(of: rate.mover)) }
    let clock = ContinuousClock()
    let start = clock.now
    graph.replay()
    let values = metrics.map { ($0.name, $0.value.item()) }
    if timing != nil { timing = [(timing?.first ?? 0) + (clock.now - start) / .seconds(1)] }
    return values
  }
}
