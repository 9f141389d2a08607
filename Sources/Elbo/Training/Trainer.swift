import ElboData
import Torch

/// Runs a model's steps: for each phase the gradients of each objective with respect to its own parameters
/// only, then all updates. It knows nothing else of the model.
public final class Trainer {
  /// The model that is trained.
  public let model: any LatentVariableModel
  /// The data it is trained on.
  public let dataset: Dataset
  /// The number of steps done.
  public private(set) var step = 0
  let configuration: RunConfiguration
  let generator: Generator
  private let phases: [Phase]
  private var examples: BatchSource
  /// The examples with a class, where a phase asks for them.
  private var labelledExamples: BatchSource?
  private let movers: [ParameterRole: Mover]

  /// One group of parameters with what moves it.
  private struct Mover {
    let parameters: ParameterGroup
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
    examples = try BatchSource(dataset, configuration)
    labelledExamples =
      phases.contains { $0.examples == .labelled }
      ? try BatchSource(labelled: dataset, configuration) : nil
    var movers: [ParameterRole: Mover] = [:]
    for role in model.roles {
      let options = configuration.optimiser(of: role)
      let parameters = model.parameters(of: role)
      movers[role] = Mover(
        parameters: parameters, optimiser: options.optimiser(for: parameters), rate: options.learningRate,
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
    for phase in phases {
      let context = phase.examples == .labelled ? labelled! : all
      for _ in 0..<phase.repeats {
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
    return read.means
  }

  private func move(_ role: ParameterRole, _ gradients: [Tensor?]) {
    let mover = movers[role]!
    if configuration.training.gradientClip > 0 {
      clipGradients(gradients, toNorm: configuration.training.gradientClip)
    }
    mover.optimiser.step(gradients: gradients, rate: mover.rate * mover.schedule.value(at: step))
  }

  /// Everything that decides the steps to come, by name.
  var state: [String: Tensor] {
    var state = ["random": Tensor(generator.state, shape: [generator.state.count])]
    for (role, mover) in movers {
      for (name, tensor) in mover.optimiser.state { state["\(role.rawValue).\(name)"] = tensor }
    }
    return state
  }

  /// Goes on from a saved state at a step.
  ///
  /// - Throws: `StateMismatch` or `TorchError` when it is another model's.
  func restore(_ saved: [String: Tensor], step: Int) throws {
    for (role, mover) in movers {
      let prefix = role.rawValue + "."
      let own = saved.filter { $0.key.hasPrefix(prefix) }
      try mover.optimiser.restore(
        Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) }))
    }
    guard let random = saved["random"], random.elementType == .uint8 else {
      throw StateMismatch(
        problem: "'random' is missing", location: "training state",
        remedy: "use a checkpoint that 'elbo' wrote")
    }
    try generator.restore(random.values(as: UInt8.self))
    self.step = step
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
