import Foundation
import Torch

extension TrainingSession {
  /// A new run at step 0 whose model has the weights of a file, as `elbo train --resume` would go on with it.
  ///
  /// - Parameters:
  ///   - weights: parameters and buffers by name, of which those of the discriminator may be missing.
  ///   - file: where they come from, for errors.
  ///   - configuration: of the run that is made.
  ///   - out: its folder; nil for a new one under `runs/`.
  /// - Returns: the run's folder, and the names of weights that stay as they were drawn.
  /// - Throws: `StateMismatch` when the weights are another model's; no folder is left behind then.
  public static func adopt(
    _ weights: Safetensors, from file: URL, as configuration: RunConfiguration, out: String?
  ) throws -> (directory: RunDirectory, fresh: [String]) {
    let session = try TrainingSession(configuration, out: out)
    do {
      let fresh = try session.take(weights, from: file)
      try session.save(
        TrainingProgress(step: 0, steps: configuration.training.steps, seconds: 0, rate: 0))
      try session.finishSaving()
      return (session.directory, fresh)
    } catch {
      session.directory.clear()
      throw error
    }
  }

  private func take(_ weights: Safetensors, from file: URL) throws -> [String] {
    let model = trainer.model
    let own = model.weights
    let optional = Set(
      model.parameters(of: .discriminator).names + model.buffers(of: .discriminator).names)
    let fresh = own.keys.filter { weights.tensors[$0] == nil && optional.contains($0) }.sorted()
    var complete = weights
    for name in fresh { complete.tensors[name] = own[name]! }
    try model.load(complete, from: file)
    return fresh
  }
}
