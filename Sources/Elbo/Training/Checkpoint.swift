import Foundation
import Torch

/// All that decides the steps to come and the lines that the log will have, as the bytes of two files: a copy
/// that training does not change.
struct Checkpoint: Sendable {
  let name: CheckpointName
  let weights: Data
  let state: Data
  let best: BestEvaluation?

  /// A copy of a run's state.
  ///
  /// - Parameters:
  ///   - log: the log's length, and what else the run owes it.
  ///   - best: the best evaluation so far.
  init(_ trainer: Trainer, _ watch: Guard, log: LogPosition, best: BestEvaluation?, in folder: URL) throws {
    name = CheckpointName(rollbacks: trainer.rollbacks, step: trainer.step)
    self.best = best
    var metadata = ["step": String(trainer.step), "name": trainer.configuration.name]
    if trainer.rollbacks > 0 { metadata["rollbacks"] = String(trainer.rollbacks) }
    weights = try Safetensors(tensors: trainer.model.weights, metadata: metadata)
      .data(for: folder.appending(path: name.weights))
    metadata["configuration"] = ConfigurationLoader.yaml(trainer.configuration)
    metadata.merge(log.metadata) { first, _ in first }
    metadata.merge(best?.metadata ?? [:]) { first, _ in first }
    state = try Safetensors(
      tensors: trainer.state.merging(watch.state) { own, _ in own }, metadata: metadata
    ).data(for: folder.appending(path: name.state))
  }
}

/// Where a run's log stands at a checkpoint.
struct LogPosition: Sendable, Hashable {
  /// Its length in bytes.
  var length: Int
  /// A line that follows there once the checkpoint counts.
  var pending = ""
  /// Whether an evaluation at this step was put off.
  var owesEvaluation = false

  fileprivate var metadata: [String: String] {
    var metadata = ["metrics": String(length)]
    if !pending.isEmpty { metadata["pending"] = pending }
    if owesEvaluation { metadata["owes"] = "evaluation" }
    return metadata
  }
}

/// The evaluation on the validation split that was the best so far.
struct BestEvaluation: Sendable, Hashable {
  let name: CheckpointName
  /// The larger the better.
  let value: Double

  fileprivate var metadata: [String: String] {
    ["best": "\(name.rollbacks) \(name.step) \(value)"]
  }

  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 3, let rollbacks = Int(words[0]), let step = Int(words[1]), step >= 0,
      let value = Double(words[2])
    else { return nil }
    self.init(name: CheckpointName(rollbacks: rollbacks, step: step), value: value)
  }

  init(name: CheckpointName, value: Double) {
    self.name = name
    self.value = value
  }
}

/// A checkpoint as it was read back.
struct SavedCheckpoint {
  let name: CheckpointName
  /// The resolved configuration that it was trained with.
  let configuration: RunConfiguration
  let log: LogPosition
  let best: BestEvaluation?
  private let weights: Safetensors
  private let state: Safetensors
  private let folder: URL

  /// - Throws: `StateMismatch` where the files are not both of this checkpoint.
  init(_ name: CheckpointName, weights: Safetensors, state: Safetensors, in folder: URL) throws {
    let place = folder.appending(path: name.state).path
    func foreign(_ problem: String) -> StateMismatch {
      StateMismatch(
        problem: problem, location: place, remedy: "use a checkpoint that 'elbo' wrote, or train anew")
    }
    guard [weights, state].allSatisfy({ $0.metadata["step"] == String(name.step) }) else {
      throw foreign("weights and training state are of different steps")
    }
    guard let text = state.metadata["configuration"],
      let length = state.metadata["metrics"].flatMap(Int.init),
      length >= 0
    else { throw foreign("it lacks the configuration, or the length of the log") }
    configuration = try ConfigurationLoader.load(text: text, named: place)
    log = LogPosition(
      length: length, pending: state.metadata["pending"] ?? "", owesEvaluation: state.metadata["owes"] != nil)
    best = state.metadata["best"].flatMap { BestEvaluation($0) }
    self.name = name
    self.weights = weights
    self.state = state
    self.folder = folder
  }

  /// Puts a trainer of the same configuration where the run was.
  func restore(_ trainer: Trainer, _ watch: Guard) throws {
    try trainer.model.load(weights, from: folder.appending(path: name.weights))
    do {
      try trainer.restore(state.tensors, step: name.step)
      try watch.restore(state.tensors)
    } catch let error as StateMismatch {
      throw StateMismatch(
        problem: error.problem, location: folder.appending(path: name.state).path, remedy: error.remedy)
    }
  }
}

extension TrainableModel {
  /// All parameters by name; the discriminator's under "discriminator".
  var namedParameters: [String: Tensor] {
    roles.reduce(into: [:]) { all, role in all.merge(parameters(of: role).dictionary) { first, _ in first } }
  }

  /// All parameters and buffers by name.
  public var weights: [String: Tensor] {
    roles.reduce(into: namedParameters) { all, role in
      all.merge(buffers(of: role).dictionary) { first, _ in first }
    }
  }

  /// Overwrites the parameters and buffers with saved ones.
  ///
  /// - Throws: `StateMismatch` when they are another model's; nothing is changed then.
  public func load(_ saved: Safetensors, from url: URL) throws(StateMismatch) {
    try copyState(
      from: saved.tensors, to: weights, kind: url.path,
      remedy: "load it with the configuration it was trained with")
  }
}
