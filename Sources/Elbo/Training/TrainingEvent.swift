import ElboData
import Foundation
import Torch

/// What happens while a run trains.
public enum TrainingEvent {
  /// Before the first step.
  case began(TrainingProgress)
  /// After every step; the metrics are there every `training.logEvery` steps.
  case stepped(TrainingProgress, metrics: [MetricName: Double])
  /// A split was evaluated: the validation split on the way, where there is one, and the test split.
  case evaluated(TrainingProgress, Split, [String: Estimate])
  /// Something is wrong with the run, which goes on all the same, if need be from an earlier step.
  case warned(TrainingProgress, Finding)
  /// A checkpoint was damaged; the run goes on from the one before.
  case skipped(TrainingProgress, any DiagnosedError)
  /// The state was copied, and is written from now on.
  case saved(TrainingProgress)
  /// The last step is done and saved.
  case finished(TrainingProgress)
}

/// How far a run is.
public struct TrainingProgress: Sendable {
  /// The number of steps done.
  public let step: Int
  /// The number of steps there will be.
  public let steps: Int
  /// The seconds since this process began to train.
  public let seconds: Double
  /// The steps a second of this process.
  public let rate: Double
}

/// Something that follows a run: a progress bar, a log, figures.
public protocol TrainingObserver: AnyObject {
  /// Takes note of an event.
  func receive(_ event: TrainingEvent, from session: TrainingSession) throws
}
