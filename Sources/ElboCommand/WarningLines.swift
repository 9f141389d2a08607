import Elbo
import Torch

/// A line on standard error for each thing that is wrong with a run, progress shown or not.
final class WarningLines: TrainingObserver {
  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    switch event {
    case .warned(_, let finding): note("elbo: warning: \(finding)")
    case .skipped(let progress, let error):
      note("elbo: warning: \(error.location): \(error.problem); going on from step \(progress.step)")
    default: break
    }
  }
}
