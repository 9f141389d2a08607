import ElboData
import Foundation
import Torch

/// Runs a model's steps: for each phase the gradients of each objective with respect to its own parameters
/// only, then all updates. It knows nothing else of the model.
public final class Trainer {
  /// The model that is trained.
  public let model: any LatentVariableModel
  /// The data it is trained on.
  public let dataset: Dataset
  /// The number of steps done.
  public internal(set) var step = 0
  let configuration: RunConfiguration
  let generator: Generator
  let phases: [Phase]
  /// How often each phase is run in a step.
  var repeats: [Int]
  /// How often the run went back to an earlier state, with learning rates halved each time.
  var rollbacks = 0
  private let examples: BatchSource
  /// The examples with a class, where a phase asks for them.
  private let labelledExamples: BatchSource?
  let movers: [ParameterRole: Mover]
  /// The threads that work on a captured step.
  let threads = Engine.threadCount
  /// The steps that were captured so far.
  private(set) var captures: [CaptureKey: any StepReplay] = [:]
  /// The one that ran last, whose memory takes the next batch.
  private var latestCapture: (any StepReplay)?
  /// The seconds of each part of captured steps, where they are measured.
  var timing: [Double]?
  /// The processes that take each step together; nil where this one is alone.
  let group: ProcessGroup?
  /// Whether this process was asked to stop.
  let stopRequest = StopRequest()
  /// What tells all processes that one was asked to stop.
  let stopSign = Tensor([Float(0)], shape: [1])
  /// Why steps run with autograd instead of being captured; nil where they are captured.
  public private(set) var captureProblem: String?

  /// What distinguishes steps that cannot share a recording.
  struct CaptureKey: Hashable {
    var repeats: [Int]
    var isRead: Bool
    /// The shapes of the batches' tensors.
    var shapes: [Shape]
  }

  /// One group of parameters with what moves it.
  struct Mover {
    let parameters: ParameterGroup
    let followers: [any Follower]
    let optimiser: any Optimizer
    let rate: Double
    let schedule: Schedule
  }

  /// A trainer of a fresh model.
  ///
  /// - Parameters:
  ///   - configuration: what is trained, and how.
  ///   - dataset: the examples to learn from.
  ///   - group: the processes that share each batch; nil where this one is alone.
  /// - Throws: `ConfigurationError` when the parts do not go together, or with the data.
  public init(_ configuration: RunConfiguration, dataset: Dataset, group: ProcessGroup? = nil) throws {
    self.group = group
    self.configuration = configuration
    self.dataset = dataset
    generator = Generator(seed: configuration.seed, device: try configuration.device.device())
    if generator.device != .cpu { Engine.roundFactorsOnGPUs(configuration.precision == .tf32) }
    model = try ModelBuilder.build(
      configuration, shape: dataset.shape, using: generator)
    try Self.check(configuration, dataset)
    phases = model.phases
    repeats = phases.map(\.repeats)
    examples = try BatchSource(dataset, configuration, group: group)
    labelledExamples =
      phases.contains { $0.examples == .labelled }
      ? try BatchSource(labelled: dataset, configuration, group: group) : nil
    if let group {
      try Self.check(group, [examples] + (labelledExamples.map { [$0] } ?? []))
      // From here on: initial weights are the same for all.
      generator.share = Generator.Share(index: group.rank, count: group.size)
    }
    var movers: [ParameterRole: Mover] = [:]
    for role in model.roles {
      let options = configuration.optimiser(of: role)
      let parameters = model.parameters(of: role)
      movers[role] = Mover(
        parameters: parameters, followers: model.followers(of: role),
        optimiser: options.optimiser(for: parameters), rate: options.learningRate,
        schedule: options.schedule.schedule)
    }
    self.movers = movers
    if !configuration.training.capture { captureProblem = "training.capture is off" }
  }

  /// The parts of a captured step; 0 where none was captured so far.
  public var capturedPartCount: Int { latestCapture?.listing.count ?? 0 }

  /// The number of steps in which every example is seen once.
  public var stepsPerEpoch: Int { examples.stepsPerEpoch }

  /// Waits until the examples of the step to come can be had. A step that was not prepared ends the process,
  /// with one line, where their files cannot be read.
  ///
  /// - Throws: `DataError` where they cannot.
  public func prepare() throws(DataError) {
    try examples.prepare(step: step)
    try labelledExamples?.prepare(step: step)
  }

  /// One step.
  ///
  /// - Parameter reading: whether to read the step's metrics, which waits for the device.
  /// - Returns: the metrics; empty when they are not read.
  @discardableResult
  public func advance(reading: Bool = false) -> [MetricName: Double] {
    func advance() -> [MetricName: Double] {
      let batch = examples.batch(step: step, using: generator, reusing: latestCapture?.slots.first)
      return self.advance(on: batch, using: generator, reading: reading)
    }
    // A captured step has threads of its own, which libtorch's would be in the way of.
    return captures.isEmpty ? advance() : Engine.onOneThread(advance)
  }

  /// One step on a given batch, with noise from a given generator.
  @discardableResult
  package func advance(on batch: Batch, using generator: Generator, reading: Bool) -> [MetricName: Double] {
    let batches = [batch] + labelledBatch(using: generator)
    if group != nil { prepareStop() }
    var means = MetricMeans()
    if let capture = capture(of: batches, reading: reading, using: generator) {
      latestCapture = capture
      for metric in capture.run(batches, step: step, timing: &timing) { means.add(metric.name, metric.value) }
    } else {
      runPhases(on: batches, using: generator, into: reading ? { means.add($0, $1) } : nil)
    }
    step += 1
    return reading ? steer(by: averaged(means.means)) : [:]
  }

  /// The step's batch of labelled examples, where a phase asks for one.
  private func labelledBatch(using generator: Generator) -> [Batch] {
    (labelledExamples?.batch(step: step, using: generator)).map { [$0] } ?? []
  }

  /// The batches of the step to come.
  func nextBatches() -> [Batch] {
    [examples.batch(step: step, using: generator)] + labelledBatch(using: generator)
  }

  /// The phases with autograd, one operation after the other.
  private func runPhases(
    on batches: [Batch], using generator: Generator, into read: ((MetricName, Double) -> Void)?
  ) {
    let contexts = batches.map { StepContext($0, step: step, generator: generator, group: group) }
    forEachPhase(contexts, repeats, averaging: true) { result, gradients in
      if let read {
        withoutGradients {
          for metric in result.metrics() { read(metric.name, metric.value.item()) }
          for objective in result.objectives { read(objective.name, objective.value.item()) }
        }
      }
      for (objective, slopes) in zip(result.objectives, gradients) {
        move(objective.updates, slopes)
        for follower in movers[objective.updates]!.followers { follower.follow() }
      }
    }
  }

  /// Runs every phase as often as is asked for, and hands on what it gives with the gradients of each of its
  /// objectives with respect to that objective's own parameters.
  ///
  /// - Parameter averaging: whether the gradients are to be averaged over all processes.
  func forEachPhase(
    _ contexts: [StepContext], _ repeats: [Int], averaging: Bool = false,
    _ body: (PhaseResult, [[Tensor?]]) -> Void
  ) {
    for (phase, count) in zip(phases, repeats) {
      let context = phase.examples == .labelled ? contexts[1] : contexts[0]
      context.generator.share?.rows = context.batch.count
      for _ in 0..<count {
        let result = phase.forward(context)
        let last = result.objectives.count - 1
        let gradients = result.objectives.enumerated().map { index, objective in
          let parameters = movers[objective.updates]!.parameters.tensors
          return if averaging, let group {
            group.gradient(
              of: objective.value, withRespectTo: parameters, keepingGraph: index < last, averaging: stopSign)
          } else {
            gradient(of: objective.value, withRespectTo: parameters, keepingGraph: index < last)
          }
        }
        body(result, gradients)
      }
    }
  }

  /// The captured form of the step to come; nil where steps are not captured.
  private func capture(
    of batches: [Batch], reading: Bool, using generator: Generator
  ) -> (any StepReplay)? {
    guard captureProblem == nil else { return nil }
    let key = CaptureKey(repeats: repeats, isRead: reading, shapes: batches.flatMap(\.shapes))
    // Another generator's draws are not those that a recording repeats.
    let isOwn = generator === self.generator
    if isOwn, let known = captures[key] { return known }
    do {
      let capture: any StepReplay =
        if generator.device == .cpu {
          try StepCapture(
            self, batches: batches, repeats: repeats, isRead: reading, using: generator,
            update: { averagedUpdate($0, by: $1) })
        } else {
          try StepGraph(self, batches: batches, repeats: repeats, isRead: reading, using: generator)
        }
      if isOwn { captures[key] = capture }
      return capture
    } catch {
      captureProblem = error.reason
      return nil
    }
  }

  /// The metrics with the numbers of steered updates among them. Those numbers change at every logged step,
  /// and at no other that happens to be read, so that a run's length does not decide its steps.
  private func steer(by metrics: [MetricName: Double]) -> [MetricName: Double] {
    var metrics = metrics
    for (index, phase) in phases.enumerated() {
      guard let steering = phase.steering else { continue }
      metrics[steering.name] = Double(repeats[index] + steering.besides)
      if isLoggedStep {
        repeats[index] = steering.repeats(
          after: repeats[index], reading: metrics[steering.metric], fewest: phase.repeats)
      }
    }
    return metrics
  }

  /// Whether the step just done is one of those at which metrics are read, however long the run.
  var isLoggedStep: Bool { step % configuration.training.logEvery == 0 }

  /// Moves a group of parameters, at the learning rate of this step where none is given.
  func move(_ role: ParameterRole, _ gradients: [Tensor?], at rate: UpdateRate? = nil) {
    let mover = movers[role]!
    if configuration.training.gradientClip > 0 {
      clipGradients(gradients, toNorm: configuration.training.gradientClip)
    }
    mover.optimiser.step(gradients: gradients, at: rate ?? .number(self.rate(of: mover)))
  }

  /// The learning rate of a group at this step.
  func rate(of mover: Mover) -> Double {
    mover.rate * mover.schedule.value(at: step) * pow(0.5, Double(rollbacks))
  }

  private static func check(_ configuration: RunConfiguration, _ dataset: Dataset) throws {
    try dataset.check(supportedBy: configuration.likelihood)
    guard configuration.data.binarisation == .off || dataset.range == 0...1 else {
      throw ConfigurationError("binarised pixels need data.range=unit", at: "data.binarisation")
    }
  }
}

/// Sums of metrics that may be given several times in a step.
private struct MetricMeans {
  private var sums: [MetricName: (sum: Double, count: Int)] = [:]

  mutating func add(_ name: MetricName, _ value: Double) {
    let (sum, count) = sums[name] ?? (0, 0)
    sums[name] = (sum + value, count + 1)
  }

  var means: [MetricName: Double] { sums.mapValues { $0.sum / Double($0.count) } }
}

extension OptimiserOptions {
  /// The optimiser that these options describe.
  func optimiser(for parameters: ParameterGroup) -> any Optimizer {
    switch kind {
    case .adam:
      Adam(
        parameters,
        options: Adam.Options(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay))
    case .sgd: SGD(parameters, momentum: beta1, weightDecay: weightDecay)
    }
  }
}
