import ElboData
import Foundation
import Torch

/// A run from its first step, or from where it stopped, to its last: it trains, evaluates, saves and tells
/// observers.
public final class TrainingSession {
  /// The run's folder.
  public let directory: RunDirectory
  /// The model, its data and its optimisers.
  public let trainer: Trainer
  /// What was asked for.
  public let configuration: RunConfiguration
  var log: MetricsLog
  let watch: Guard
  private let observers: [any TrainingObserver]
  private let test: Dataset
  private let validation: Dataset?

  /// How a session ended.
  public enum Outcome: Sendable {
    case finished
    /// After a checkpoint, because the process was asked to stop.
    case interrupted
  }

  /// A new run. Nothing is written unless data and model are sound.
  public init(
    _ configuration: RunConfiguration, out: String? = nil, observers: [any TrainingObserver] = []
  ) throws {
    self.configuration = configuration
    trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    watch = Guard(trainer)
    test = try Self.testSplit(configuration, like: trainer.dataset)
    validation = try Self.validationSplit(configuration)
    let sums = try DataSums(of: configuration)
    directory = try RunDirectory(creating: out, for: configuration)
    try sums?.write(to: directory)
    log = try MetricsLog(directory.metrics)
    self.observers = observers
  }

  /// The run in a folder, from its newest checkpoint on.
  public init(resuming path: String, observers: [any TrainingObserver] = []) throws {
    directory = try RunDirectory(existing: path)
    configuration = try ConfigurationLoader.load(runFile: directory.configuration)
    try DataSums.check(configuration, in: directory)
    trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    watch = Guard(trainer)
    test = try Self.testSplit(configuration, like: trainer.dataset)
    validation = try Self.validationSplit(configuration)
    try Checkpoint.restore(trainer, watch, from: directory)
    // A run that had reached its end evaluates once more.
    try MetricsLog.cut(
      directory.metrics, after: trainer.step, evaluatesAgain: trainer.step >= configuration.training.steps)
    log = try MetricsLog(directory.metrics)
    self.observers = observers
  }

  /// Trains to the last step, or until the process is asked to stop.
  public func run() throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    let first = trainer.step
    let options = configuration.training
    func progress() -> TrainingProgress {
      let seconds = start.duration(to: clock.now) / .seconds(1)
      return TrainingProgress(
        step: trainer.step, steps: options.steps, seconds: seconds,
        rate: seconds > 0 ? Double(trainer.step - first) / seconds : 0)
    }
    func due(_ every: Int) -> Bool { every > 0 && trainer.step % every == 0 }

    watch.begin()
    try tell(.began(progress()))
    repeat {
      while trainer.step < options.steps {
        let reads = (trainer.step + 1) % options.logEvery == 0 || trainer.step + 1 == options.steps
        try trainer.prepare()
        let metrics = trainer.advance(reading: reads)
        if reads, try !record(metrics, progress) { continue }
        try tell(.stepped(progress(), metrics: metrics))
        if due(options.evaluateEvery), trainer.step < options.steps {
          // Choices on the way are not to be made by the split that judges in the end.
          try evaluate(validation ?? test, as: validation == nil ? .test : .validation, progress())
        }
        let stops = Interruption.isRequested
        if due(configuration.checkpoint.every) || stops { try save(progress) }
        if stops { return .interrupted }
      }
    } while try !save(progress)
    if let validation { try evaluate(validation, as: .validation, progress()) }
    try evaluate(test, as: .test, progress())
    try tell(.finished(progress()))
    return .finished
  }

  /// The test split: what is wrong with it shows before the training, not after.
  private static func testSplit(_ configuration: RunConfiguration, like trained: Dataset) throws -> Dataset {
    let test = try Dataset.load(configuration, .test)
    guard test.featureCount == trained.featureCount else {
      throw DataError(
        .mismatch, at: test.name,
        "test examples have \(test.featureCount) features, training examples \(trained.featureCount)",
        remedy: "use the files of one set")
    }
    try test.check(supportedBy: configuration.likelihood)
    return test
  }

  /// The examples held out for validation, where there are some.
  private static func validationSplit(_ configuration: RunConfiguration) throws -> Dataset? {
    configuration.data.validation > 0 ? try Dataset.load(configuration, .validation) : nil
  }

  /// Logs what was read.
  ///
  /// - Returns: false where the run went back instead of on.
  private func record(_ metrics: [MetricName: Double], _ progress: () -> TrainingProgress) throws -> Bool {
    try log.append(
      step: trainer.step, phase: "train",
      Dictionary(uniqueKeysWithValues: metrics.map { ($0.key.rawValue, $0.value) }))
    if let finding = watch.brokenNumber(in: metrics) {
      try goBack(after: finding, progress)
      return false
    }
    guard trainer.isLoggedStep else { return true }
    for finding in watch.examine(metrics) { try warn(finding, progress()) }
    return true
  }

  private func evaluate(_ dataset: Dataset, as split: Split, _ progress: TrainingProgress) throws {
    let evaluator = Evaluator(
      model: trainer.model, dataset: dataset, configuration: configuration)
    let estimates = try evaluator.evaluate(evaluator.quickMetrics)
    try log.append(step: trainer.step, phase: split.rawValue, estimates.mapValues(\.value))
    try tell(.evaluated(progress, split, estimates))
  }

  /// Saves the state.
  ///
  /// - Returns: false where the run went back instead.
  @discardableResult
  private func save(_ progress: () -> TrainingProgress) throws -> Bool {
    // Metrics may not have been read since the weights went bad; sound checkpoints must not give way to
    // those.
    if let finding = watch.brokenWeight() {
      try goBack(after: finding, progress)
      return false
    }
    try Checkpoint.save(trainer, watch, in: directory, keep: configuration.checkpoint.keep)
    try tell(.saved(progress()))
    return true
  }

  func tell(_ event: TrainingEvent) throws {
    for observer in observers { try observer.receive(event, from: self) }
  }
}

/// Training that cannot go on.
public struct TrainingFailure: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String
}
