import Elbo

/// Which trial of a sweep is trained, and how far it is, on a terminal.
final class SweepBar: TrainingObserver {
  private var trial = ""
  private var lastDrawn = ContinuousClock.now

  /// Takes note of the trial that comes next.
  func begin(_ trial: String) {
    self.trial = trial
    StatusLine.shared.draw(trial)
  }

  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    switch event {
    case .stepped(let progress, _):
      guard ContinuousClock.now - lastDrawn > .milliseconds(100) else { return }
      lastDrawn = .now
      StatusLine.shared.draw("\(trial)  \(progress.step)/\(progress.steps) steps")
    case .warned(_, let finding): warn("\(trial): \(finding)")
    default: break
    }
  }
}
