import Torch

/// A copy, in memory, of everything that decides a trainer's steps to come: weights, the optimisers' moments,
/// the generator. It takes three times the memory of the weights where both optimisers are Adam.
struct TrainerSnapshot {
  /// The number of steps done.
  let step: Int
  private let weights: [String: Tensor]
  private let state: [String: Tensor]

  init(_ trainer: Trainer) {
    step = trainer.step
    weights = trainer.model.weights.mapValues { $0.detached().cloned() }
    state = trainer.state.mapValues { $0.cloned() }
  }

  /// Puts the trainer that this was taken of back to where it was.
  func restore(_ trainer: Trainer) throws {
    try copyState(from: weights, to: trainer.model.weights, kind: "earlier weights")
    try trainer.restore(state, step: step)
  }
}
