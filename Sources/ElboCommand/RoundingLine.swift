import Elbo

/// Says once that a run does not round its products to bf16, though that was asked for.
final class RoundingLine: TrainingObserver {
  private var isWritten = false

  func receive(_ event: TrainingEvent, from session: TrainingSession) {
    guard case .stepped = event, !isWritten else { return }
    isWritten = true
    guard session.configuration.precision == .bf16, let problem = session.trainer.captureProblem
    else {
      return
    }
    note("elbo: products are not rounded to bf16: steps run with autograd: \(problem)")
  }
}
