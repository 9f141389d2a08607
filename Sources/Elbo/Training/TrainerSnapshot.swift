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

  /// The copy as tensors by name, under a prefix.
  func tensors(_ prefix: String) -> [String: Tensor] {
    var all = [prefix + "step": Tensor([Int64(step)], shape: [1])]
    for (name, tensor) in weights { all[prefix + "weights." + name] = tensor }
    for (name, tensor) in state { all[prefix + "state." + name] = tensor }
    return all
  }

  /// The copy that `tensors(_:)` gave; nil where there is none.
  init?(_ tensors: [String: Tensor], _ prefix: String) throws(StateMismatch) {
    guard tensors[prefix + "step"] != nil else { return nil }
    func part(_ name: String) -> [String: Tensor] {
      let whole = prefix + name + "."
      let own = tensors.filter { $0.key.hasPrefix(whole) }
      return Dictionary(uniqueKeysWithValues: own.map { (String($0.key.dropFirst(whole.count)), $0.value) })
    }
    step = try tensors.counts(prefix + "step", count: 1)[0]
    weights = part("weights")
    state = part("state")
  }

  /// Puts the trainer that this was taken of back to where it was.
  func restore(_ trainer: Trainer) throws {
    try copyState(from: weights, to: trainer.model.weights, kind: "earlier weights")
    try trainer.restore(state, step: step)
  }
}
