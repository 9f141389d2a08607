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
  let log: MetricsLog
  let watch: Guard
  /// The processes that train the run together; nil where this one is alone.
  public let processes: ProcessGroup?
  /// Held by the process that writes the run's files.
  private let lock: RunLock?
  private let writer: CheckpointWriter
  private let observers: [any TrainingObserver]
  private let test: Dataset
  private let validation: Dataset?
  private var best: BestEvaluation?
  /// What is on the disk already.
  private var saved: CheckpointName?
  /// Whether an evaluation was due where the run was stopped.
  private var owesEvaluation = false
  /// What was wrong with newer checkpoints than the one the run goes on from.
  private var damages: [any DiagnosedError] = []

  /// How a session ended.
  public enum Outcome: Sendable {
    case finished
    /// After a checkpoint, because the process was asked to stop.
    case interrupted
  }

  /// A new run. Nothing is written unless data and model are sound.
  ///
  /// - Parameter group: the processes that train it together, of which the first writes its files.
  public init(
    _ configuration: RunConfiguration, out: String? = nil, group: ProcessGroup? = nil,
    observers: [any TrainingObserver] = []
  ) throws {
    self.configuration = configuration
    processes = group
    trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train), group: group)
    watch = Guard(trainer)
    test = try Self.testSplit(configuration, like: trainer.dataset)
    validation = try Self.validationSplit(configuration)
    self.observers = observers
    let sums = try group?.isFirst == false ? nil : DataSums(of: configuration)
    if let group, !group.isFirst {
      directory = RunDirectory(at: out ?? "")
      lock = nil
      log = try MetricsLog(nil)
    } else {
      directory = try RunDirectory(creating: out, named: configuration.name)
      lock = try RunLock(directory)
      do {
        try sums?.write(to: directory)
        try directory.write(new: configuration)
        log = try MetricsLog(directory.metrics)
      } catch {
        if !FileManager.default.fileExists(atPath: directory.configuration.path) { directory.clear() }
        throw error
      }
    }
    writer = CheckpointWriter(directory, keep: configuration.checkpoint.keep)
  }

  /// The run in a folder, from its newest sound checkpoint on.
  ///
  /// - Parameter settings: assignments "key=value" of keys that may change in a run; see `ConfigurationChange`.
  /// - Throws: `ConfigurationError` for a key that may not change, `FileError` when another process trains the run
  ///   or there is no checkpoint.
  public init(
    resuming path: String, settings: [String] = [], group: ProcessGroup? = nil,
    observers: [any TrainingObserver] = []
  ) throws {
    processes = group
    self.observers = observers
    let isFirst = group?.isFirst ?? true
    directory = try RunDirectory(existing: path)
    configuration = try ConfigurationLoader.load(runFile: directory.configuration, settings: settings)
    lock = isFirst ? try RunLock(directory) : nil
    let folder = CheckpointFolder(url: directory.checkpoints)
    var damages: [any DiagnosedError] = []
    let checkpoint = try folder.newest { damages.append($0) }
    try ConfigurationChange.check(
      configuration, against: checkpoint.configuration, at: directory.configuration.path)
    if isFirst { try DataSums.check(configuration, in: directory) }
    trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train), group: group)
    watch = Guard(trainer)
    test = try Self.testSplit(configuration, like: trainer.dataset)
    validation = try Self.validationSplit(configuration)
    try checkpoint.restore(trainer, watch)
    self.damages = damages
    best = checkpoint.best
    saved = checkpoint.name
    owesEvaluation = checkpoint.log.owesEvaluation

    writer = CheckpointWriter(directory, keep: configuration.checkpoint.keep)
    if let group, abs(group.average(Double(trainer.step)) - Double(trainer.step)) > 1e-6 {
      throw StateMismatch(
        problem: "processes read checkpoints of different steps, this one of \(trainer.step)",
        location: directory.checkpoints.path, remedy: "give all of them the same files")
    }
    guard isFirst else {
      log = try MetricsLog(nil)
      return
    }
    if !settings.isEmpty { try directory.write(configuration) }
    for place in [directory.url, directory.checkpoints, directory.figures] {
      AtomicFile.removeLeftovers(in: place)
    }
    log = try MetricsLog(directory.metrics)
    // A run that has become longer keeps what it evaluated where it used to end.
    let keepsLines =
      trainer.step < configuration.training.steps && !owesEvaluation && checkpoint.log.pending.isEmpty
    try log.cut(to: checkpoint.log.length, orEndOf: keepsLines ? trainer.step : nil)
    try log.append(checkpoint.log.pending)
    try folder.link(checkpoint.name, best: best?.name)
  }

  /// Trains to the last step, or until the process is asked to stop. It can be called once.
  public func run() throws -> Outcome {
    defer {
      try? writer.finish()
      lock?.release()
    }
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
    for damage in damages { try tell(.skipped(progress(), damage)) }
    try tell(.began(progress()))
    if owesEvaluation {
      guard try evaluateOnTheWay(progress) else { return .interrupted }
      owesEvaluation = false
      if best?.name == name { try save(progress()) }
    }
    while trainer.step < options.steps {
      let reads = (trainer.step + 1) % options.logEvery == 0 || trainer.step + 1 == options.steps
      try prepare(progress)
      let metrics = trainer.advance(reading: reads)
      if reads, try !record(metrics, progress) { continue }
      try tell(.stepped(progress(), metrics: metrics))
      try writer.check()
      let ends = trainer.step == options.steps
      let stops = trainer.isStopRequested
      let saves = due(configuration.checkpoint.every) || stops || ends
      let evaluates = ends ? validation != nil : due(options.evaluateEvery)
      guard saves || evaluates else { continue }
      // Metrics may not have been read since the weights went bad; sound checkpoints must not give way to
      // those.
      if let finding = watch.brokenWeight() {
        try goBack(after: finding, progress)
        continue
      }
      if evaluates { owesEvaluation = try !evaluateOnTheWay(progress) }
      if saves || owesEvaluation || best?.name == name { try save(progress()) }
      if stops || owesEvaluation {
        try writer.finish()
        return .interrupted
      }
    }
    if saved != name { try save(progress()) }
    guard try isOther || evaluate(test, as: .test, progress()) != nil else {
      try writer.finish()
      return .interrupted
    }
    try writer.finish()
    try tell(.finished(progress()))
    return .finished
  }

  /// Waits for the examples of the step to come. Where they cannot be had the weights are sound: the run is saved, to
  /// go on from there once the data are mended.
  private func prepare(_ progress: () -> TrainingProgress) throws {
    do {
      try trainer.prepare()
    } catch {
      guard watch.brokenWeight() == nil else { throw error }
      if saved != name { try save(progress()) }
      throw DataError(
        error.kind, at: error.location, error.problem,
        remedy: (error.remedy.isEmpty ? "mend it" : error.remedy)
          + ", then go on with 'elbo train --resume \(directory.url.relativePath)'")
    }
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

  /// Evaluates the split by which choices may be made, or the test split where there is none.
  ///
  /// - Returns: false where the process was asked to stop before it was done.
  private func evaluateOnTheWay(_ progress: () -> TrainingProgress) throws -> Bool {
    guard let group = processes else { return try evaluateAlone(progress) }
    let isDone = group.isFirst ? try evaluateAlone(progress) : true
    return !group.any(!isDone)
  }

  private func evaluateAlone(_ progress: () -> TrainingProgress) throws -> Bool {
    // Choices on the way are not to be made by the split that judges in the end.
    guard let validation else { return try evaluate(test, as: .test, progress()) != nil }
    guard let estimates = try evaluate(validation, as: .validation, progress()) else { return false }
    if let value = (estimates["elbo"] ?? estimates["reconstruction"])?.value,
      value > best?.value ?? -.infinity
    {
      best = BestEvaluation(name: name, value: value)
    }
    return true
  }

  /// Evaluates a split; nil where the process was asked to stop before it was done.
  private func evaluate(
    _ dataset: Dataset, as split: Split, _ progress: TrainingProgress
  ) throws -> [String: Estimate]? {
    let evaluator = Evaluator(
      model: trainer.model, dataset: dataset, configuration: configuration)
    var estimates: [String: Estimate] = [:]
    for metric in evaluator.quickMetrics {
      if Interruption.isRequested { return nil }
      estimates.merge(try evaluator.evaluate([metric])) { first, _ in first }
    }
    try log.append(step: trainer.step, phase: split.rawValue, estimates.mapValues(\.value))
    try tell(.evaluated(progress, split, estimates))
    return estimates
  }

  /// Whether another process writes the run's files.
  private var isOther: Bool { !(processes?.isFirst ?? true) }

  /// The state that the run is in.
  private var name: CheckpointName { CheckpointName(rollbacks: trainer.rollbacks, step: trainer.step) }

  /// Copies the state, to be written while the run goes on.
  ///
  /// - Parameter position: where the log is to be cut when the run goes on from here; by default at its end.
  func save(_ progress: TrainingProgress, position: LogPosition? = nil) throws {
    saved = name
    // What the first of several processes has, all have.
    if isOther { return }
    var position = position ?? LogPosition(length: log.length)
    position.owesEvaluation = owesEvaluation
    try writer.write(
      Checkpoint(trainer, watch, log: position, best: best, in: directory.checkpoints))
    try tell(.saved(progress))
  }

  /// Waits until what was saved is on the disk.
  func finishSaving() throws { try writer.finish() }

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
