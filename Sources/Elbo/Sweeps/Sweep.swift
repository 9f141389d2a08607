import ElboData
import Foundation
import Torch

/// A search over configurations: trains a plan's trials one after the other, each a run in a folder of its own, judges
/// them, and ranks them.
///
/// Whenever it is stopped, the same plan in the same folder goes on: what is trained stays, and a trial that was under
/// way goes on from its checkpoint.
public final class Sweep {
  /// Where everything is kept.
  public let folder: SweepFolder
  /// The plan, and what is known of each trial.
  public private(set) var record: SweepRecord
  private let path: String
  private let lock: RunLock

  /// What happens while a sweep goes on.
  public enum Event {
    /// A run is about to be trained up to a number of steps; so many trials of this round are done, of so many.
    case began(SweepTrial, SweepTrial.Run, steps: Int, done: Int, of: Int)
    /// The run has its objective, or dropped out.
    case ended(SweepTrial, SweepTrial.Run)
  }

  /// A sweep in a folder: a new one, or the one that is there, if its plan is this.
  ///
  /// - Throws: `FileError` where the folder holds something else or another process works on it, `ConfigurationError`
  ///   where its sweep has another plan.
  public convenience init(_ plan: SweepPlan, in path: String) throws {
    let folder = SweepFolder(path)
    // Nothing is made where something else is.
    _ = try folder.read()
    try folder.make()
    try self.init(path) { record in
      guard let record else { return SweepRecord(plan) }
      guard record.plan == plan else {
        throw ConfigurationError(
          "holds a sweep with another plan", at: path,
          remedy: "choose another --out, or go on with it by 'elbo sweep --resume \(path)'")
      }
      return record
    }
  }

  /// The sweep that is in a folder.
  ///
  /// - Throws: `FileError` where there is none.
  public convenience init(resuming path: String) throws {
    let missing = FileError(
      URL(filePath: path), problem: "holds no sweep",
      remedy: "give the folder of a sweep, as 'elbo sweep' printed it")
    guard Self.isSweep(path) else { throw missing }
    try self.init(path) { record in
      guard let record else { throw missing }
      return record
    }
  }

  private init(_ path: String, record: (SweepRecord?) throws -> SweepRecord) throws {
    self.path = path
    folder = SweepFolder(path)
    lock = try RunLock(
      folder: folder.url, problem: "another process works on this sweep", remedy: "wait until it ends")
    self.record = try record(folder.read())
    try self.record.plan.checkSource()
    AtomicFile.removeLeftovers(in: folder.url)
    try folder.write(self.record)
  }

  /// Whether a folder holds a sweep.
  public static func isSweep(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: SweepFolder(path).state.path)
  }

  /// The trials as they are ranked now.
  public var summary: SweepSummary { SweepSummary(record, in: path) }

  /// Trains and judges what is left, until all is done or the process is asked to stop; then writes the ranking.
  ///
  /// A trial whose parts do not go together, or whose numbers stop being numbers, drops out; the others go on.
  ///
  /// - Parameters:
  ///   - told: told what happens.
  ///   - observers: those of a trial's training.
  /// - Throws: `ConfigurationError` where all trials dropped out, with the first one's reason.
  public func run(
    _ told: (Event) -> Void = { _ in }, observers: (SweepTrial) -> [any TrainingObserver] = { _ in [] }
  ) throws -> TrainingSession.Outcome {
    let outcome = try work(told, observers)
    try folder.write(summary)
    if let problem = record.trials.first?.problem, record.trials.allSatisfy({ $0.problem != nil }) {
      throw ConfigurationError("all trials failed, the first one because of: \(problem)", at: path)
    }
    return outcome
  }

  private func work(
    _ told: (Event) -> Void, _ observers: (SweepTrial) -> [any TrainingObserver]
  ) throws -> TrainingSession.Outcome {
    while true {
      let tasks = try record.tasks()
      if tasks.isEmpty { return .finished }
      for (done, task) in tasks.enumerated() {
        let trial = record.trials[task.index]
        for place in trial.runs.indices where !trial.runs[place].isDone(at: task.steps) {
          if Interruption.isRequested { return .interrupted }
          told(.began(trial, trial.runs[place], steps: task.steps, done: done, of: tasks.count))
          guard let run = try train(trial, trial.runs[place], task.steps, observers(trial)) else {
            return .interrupted
          }
          record.trials[task.index].runs[place] = run
          try folder.write(record)
          told(.ended(record.trials[task.index], run))
        }
      }
    }
  }

  /// A run with the objective after so many steps; nil where the process was asked to stop before.
  private func train(
    _ trial: SweepTrial, _ run: SweepTrial.Run, _ steps: Int, _ observers: [any TrainingObserver]
  ) throws -> SweepTrial.Run? {
    var run = run
    do {
      var configuration = try record.plan.configuration(trial.settings, seed: run.seed)
      configuration.training.steps = steps
      let judge = SweepJudge(record.plan.objective.metric, split: record.plan.split(configuration))
      let session = try session(configuration, run, observers + [judge])
      guard try session.run() == .finished else { return nil }
      run.results.append(SweepTrial.Result(steps: steps, estimate: try judge.estimate(of: session)))
    } catch let error as ConfigurationError {
      run.problem = error.description
    } catch let error as TrainingFailure {
      run.problem = error.problem
    } catch is EvaluationInterrupted {
      return nil
    }
    return run
  }

  private func session(
    _ configuration: RunConfiguration, _ run: SweepTrial.Run, _ observers: [any TrainingObserver]
  ) throws -> TrainingSession {
    let place = folder.url.appending(path: run.directory)
    if RunDirectory.hasCheckpoint(place.path) {
      return try TrainingSession(
        resuming: place.relativePath, settings: ["training.steps=\(configuration.training.steps)"],
        observers: observers)
    }
    // What was killed before its first checkpoint begins anew.
    try? FileManager.default.removeItem(at: place)
    return try TrainingSession(configuration, out: place.relativePath, observers: observers)
  }
}

/// Keeps what a run's last evaluation says of a sweep's objective, or has it judged.
private final class SweepJudge: TrainingObserver {
  private let metric: String
  private let split: Split
  private var found: Estimate?

  init(_ metric: String, split: Split) {
    self.metric = metric
    self.split = split
  }

  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    guard case .evaluated(let progress, split, let estimates) = event else { return }
    found = progress.step == progress.steps ? estimates[metric] : nil
  }

  /// The objective of a run that is done.
  func estimate(of session: TrainingSession) throws -> Estimate {
    if let found { return found }
    let evaluator = Evaluator(
      model: session.trainer.model, dataset: try Dataset.load(session.configuration, split),
      configuration: session.configuration)
    guard let estimate = try evaluator.evaluate([metric])[metric] else {
      throw ConfigurationError("is not one number", at: "--metric \(metric)", remedy: "choose another metric")
    }
    return estimate
  }
}
