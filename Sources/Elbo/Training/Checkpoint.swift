import Foundation
import Torch

/// The weights of a model in a run's folder, and the state of its training beside them.
enum Checkpoint {
  /// Writes both, as `step-N` and as `last`, and removes the oldest beyond `keep`.
  static func save(_ trainer: Trainer, in directory: RunDirectory, keep: Int) throws {
    let metadata = ["step": String(trainer.step), "name": trainer.configuration.name]
    let weights = Safetensors(tensors: trainer.model.weights, metadata: metadata)
    let state = Safetensors(tensors: trainer.state, metadata: metadata)
    let stem =
      "step-" + String(repeating: "0", count: max(0, 8 - String(trainer.step).count)) + "\(trainer.step)"
    // The weights come last: those that are there always have their state beside them.
    try state.write(to: directory.lastState)
    try weights.write(to: directory.lastWeights)
    guard keep > 0 else { return }
    try weights.write(to: directory.checkpoints.appending(path: stem + ".safetensors"))
    let old = ((try? FileManager.default.contentsOfDirectory(atPath: directory.checkpoints.path)) ?? [])
      .filter { $0.hasPrefix("step-") }.sorted().dropLast(keep)
    for name in old { try? FileManager.default.removeItem(at: directory.checkpoints.appending(path: name)) }
  }

  /// Goes on from the newest checkpoint.
  static func restore(_ trainer: Trainer, from directory: RunDirectory) throws {
    let weights = try Safetensors(contentsOf: directory.lastWeights)
    let state = try Safetensors(contentsOf: directory.lastState)
    guard let step = weights.metadata["step"].flatMap(Int.init), step >= 0,
      weights.metadata["step"] == state.metadata["step"]
    else {
      throw StateMismatch(
        problem: "weights and training state are of different steps", location: directory.checkpoints.path,
        remedy: "train anew")
    }
    try trainer.model.load(weights, from: directory.lastWeights)
    try trainer.restore(state.tensors, step: step)
  }
}

extension TrainableModel {
  /// All parameters by name; the discriminator's under "discriminator".
  public var weights: [String: Tensor] {
    roles.reduce(into: [:]) { all, role in all.merge(parameters(of: role).dictionary) { first, _ in first } }
  }

  /// Overwrites the parameters with saved ones.
  ///
  /// - Throws: `StateMismatch` when they are another model's; nothing is changed then.
  public func load(_ saved: Safetensors, from url: URL) throws(StateMismatch) {
    try copyState(
      from: saved.tensors, to: weights, kind: url.path,
      remedy: "load it with the configuration it was trained with")
  }
}
