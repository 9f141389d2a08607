import Elbo

/// A line on standard error for each thing that is wrong with a run, progress shown or not.
final class WarningLines: TrainingObserver {
  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    if case .warned(_, let finding) = event { note("elbo: warning: \(finding)") }
  }
}
