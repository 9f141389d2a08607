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
  public private(set) var step = 0
  let configuration: RunConfiguration
  let generator: Generator
  private let phases: [Phase]
  /// How often each phase is run in a step.
  private var repeats: [Int]
  /// How often the run went back to an earlier state, with learning rates halved each time.
  private(set) var rollbacks = 0
  private let labels: Tensor?
  private let usesLabels: Bool
  private var sampler: BatchSampler
  private let movers: [ParameterRole: Mover]
  private let fullBatch: Batch?

  /// One group of parameters with what moves it.
  private struct Mover {
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
    labels = dataset.labelTensor
    usesLabels = configuration.usesLabels
    sampler = try BatchSampler(
      count: dataset.count, batchSize: configuration.training.batchSize, mode: configuration.data.sampling,
      lastBatch: configuration.data.partialBatch, seed: configuration.seed)
    let binarises = configuration.data.binarisation == .dynamic
    fullBatch = configuration.data.sampling == .full && !binarises ? dataset.batch : nil
    var movers: [ParameterRole: Mover] = [:]
    for role in model.roles {
      let options =
        role == .generator ? configuration.optimiser : configuration.discriminatorOptimiser
      let parameters = model.parameters(of: role)
      movers[role] = Mover(
        parameters: parameters, followers: model.followers(of: role),
        optimiser: options.optimiser(for: parameters), rate: options.learningRate,
        schedule: options.schedule.schedule)
    }
    self.movers = movers
  }

  /// The number of steps in which every example is seen once.
  public var stepsPerEpoch: Int { sampler.stepsPerEpoch }

  /// One step.
  ///
  /// - Parameter reading: whether to read the step's metrics, which waits for the device.
  /// - Returns: the metrics; empty when they are not read.
  @discardableResult
  public func advance(reading: Bool = false) -> [MetricName: Double] {
    advance(on: nextBatch(), using: generator, reading: reading)
  }

  /// One step on a given batch, with noise from a given generator.
  @discardableResult
  package func advance(on batch: Batch, using generator: Generator, reading: Bool) -> [MetricName: Double] {
    let context = StepContext(batch, step: step, generator: generator)
    var read = MetricMeans()
    for (phase, repeats) in zip(phases, repeats) {
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

  private func nextBatch() -> Batch {
    if let fullBatch { return fullBatch }
    let indices = sampler.indices(step: step)
    let rows = Tensor(indices, shape: [indices.count]).moved(to: generator.device)
    let x = dataset.features.gathered(rows)
    return Batch(
      configuration.data.binarisation == .dynamic ? Tensor.bernoulli(x, using: generator) : x,
      labels: usesLabels ? labels?.gathered(rows) : nil)
  }

  /// Everything that decides the steps to come, by name.
  var state: [String: Tensor] {
    let random = generator.state
    var state = [
      "random": Tensor(random, shape: [random.count]),
      "rollbacks": Tensor([Int64(rollbacks)], shape: [1]),
    ]
    if phases.contains(where: { $0.steering != nil }) {
      state["repeats"] = Tensor(repeats.map(Int64.init), shape: [repeats.count])
    }
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
    let steers = state["repeats"] != nil
    let savedRepeats = try steers ? saved.integers("repeats", count: repeats.count) : repeats
    // Runs of before there were rollbacks had none.
    rollbacks = try saved["rollbacks"] == nil ? 0 : saved.integers("rollbacks", count: 1)[0]
    repeats = savedRepeats
    try generator.restore(random.values(as: UInt8.self))
    self.step = step
  }

  /// Goes back to an earlier state, and on from there with learning rates halved once more and with other
  /// noise. Batches are those of their steps, as ever.
  func goBack(to earlier: TrainerSnapshot) throws {
    let count = rollbacks + 1
    try earlier.restore(self)
    rollbacks = count
    let seed = configuration.seed &+ UInt64(count) &* 0x9E37_79B9_7F4A_7C15
    try generator.restore(Generator(seed: seed, device: generator.device).state)
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

extension [String: Tensor] {
  /// The whole numbers of a saved tensor.
  ///
  /// - Throws: `StateMismatch` when there are none, or not so many.
  func integers(_ name: String, count: Int) throws(StateMismatch) -> [Int] {
    guard let tensor = self[name], tensor.elementType == .int64, tensor.shape == [count] else {
      throw StateMismatch(
        problem: "'\(name)' is missing, or is not \(count) integers", location: "training state",
        remedy: "use a checkpoint that 'elbo' wrote for this configuration")
    }
    return tensor.values(as: Int64.self).map(Int.init)
  }
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
