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
  private var examples: BatchSource
  /// The examples with a class, where a phase asks for them.
  private var labelledExamples: BatchSource?
  let movers: [ParameterRole: Mover]

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
  /// - Throws: `ConfigurationError` when the parts do not go together, or with the data.
  public init(_ configuration: RunConfiguration, dataset: Dataset) throws {
    self.configuration = configuration
    self.dataset = dataset
    generator = Generator(seed: configuration.seed, device: try configuration.device.device())
    model = try ModelBuilder.build(
      configuration, shape: dataset.shape, using: generator)
    try Self.check(configuration, dataset)
    phases = model.phases
    repeats = phases.map(\.repeats)
    examples = try BatchSource(dataset, configuration)
    labelledExamples =
      phases.contains { $0.examples == .labelled }
      ? try BatchSource(labelled: dataset, configuration) : nil
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
  }

  /// The number of steps in which every example is seen once.
  public var stepsPerEpoch: Int { examples.stepsPerEpoch }

  /// One step.
  ///
  /// - Parameter reading: whether to read the step's metrics, which waits for the device.
  /// - Returns: the metrics; empty when they are not read.
  @discardableResult
  public func advance(reading: Bool = false) -> [MetricName: Double] {
    advance(on: examples.batch(step: step, using: generator), using: generator, reading: reading)
  }

  /// One step on a given batch, with noise from a given generator.
  @discardableResult
  package func advance(on batch: Batch, using generator: Generator, reading: Bool) -> [MetricName: Double] {
    let all = StepContext(batch, step: step, generator: generator)
    let labelled = (labelledExamples?.batch(step: step, using: generator)).map {
      StepContext($0, step: step, generator: generator)
    }
    var read = MetricMeans()
    for (phase, repeats) in zip(phases, repeats) {
      let context = phase.examples == .labelled ? labelled! : all
      for _ in 0..<repeats {
        let result = phase.forward(context)
        let last = result.objectives.count - 1
        let gradients = result.objectives.enumerated().map { index, objective in
          gradient(
            of: objective.value, withRespectTo: movers[objective.updates]!.parameters.tensors,
            keepingGraph: index < last)
        }
        if reading {
          withoutGradients {
            for metric in result.metrics() { read.add(metric.name, metric.value.item()) }
            for objective in result.objectives { read.add(objective.name, objective.value.item()) }
          }
        }
        for (objective, slopes) in zip(result.objectives, gradients) { move(objective.updates, slopes) }
      }
    }
    step += 1
    return reading ? steer(by: read.means) : [:]
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

  private func move(_ role: ParameterRole, _ gradients: [Tensor?]) {
    let mover = movers[role]!
    if configuration.training.gradientClip > 0 {
      clipGradients(gradients, toNorm: configuration.training.gradientClip)
    }
    let rate = mover.rate * mover.schedule.value(at: step) * pow(0.5, Double(rollbacks))
    mover.optimiser.step(gradients: gradients, rate: rate)
    for follower in mover.followers { follower.follow() }
  }

  private static func check(_ configuration: RunConfiguration, _ dataset: Dataset) throws(ConfigurationError)
  {
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
