import Elbo

/// Says once how a run computes its steps.
final class CaptureLine: TrainingObserver {
  private var isWritten = false

  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    guard case .stepped = event, !isWritten else { return }
    isWritten = true
    if let problem = session.trainer.captureProblem {
      if let group = session.processes {
        note("elbo: \(group.size) processes average gradients by \(group.backend) during the backward pass")
      }
      note("elbo: steps run with autograd: \(problem)")
    } else {
      if let group = session.processes {
        note(
          "elbo: \(group.size) processes average gradients by \(group.backend) between the backward pass and the update"
        )
      }
      let parts = session.trainer.capturedPartCount
      note("elbo: steps are recorded once and replayed in \(parts) part\(parts == 1 ? "" : "s")")
    }
  }
}
