import Crypto
import Foundation
import Torch

/// The weights of a model in a run's folder, and the state of its training beside them.
enum Checkpoint {
  /// Writes both, as `step-N` and as `last`, and removes the oldest beyond `keep`.
  static func save(_ trainer: Trainer, _ watch: Guard, in directory: RunDirectory, keep: Int) throws {
    func contents(_ tensors: [String: Tensor]) -> Safetensors {
      var contents = Safetensors(
        tensors: tensors, metadata: ["step": String(trainer.step), "name": trainer.configuration.name])
      contents.metadata[digestName] = digest(of: contents)
      return contents
    }
    let weights = contents(trainer.model.weights)
    let state = contents(trainer.state.merging(watch.state) { own, _ in own })
    // The weights come last: those that are there always have their state beside them.
    try state.write(to: directory.lastState)
    try weights.write(to: directory.lastWeights)
    guard keep > 0 else { return }
    try weights.write(to: directory.checkpoints.appending(path: name(ofStep: trainer.step)))
    remove(kept(in: directory).dropLast(keep), from: directory)
  }

  /// Removes the weights of steps that a run went back from.
  static func discard(after step: Int, in directory: RunDirectory) {
    remove(kept(in: directory).drop { $0 <= name(ofStep: step) }, from: directory)
  }

  private static func name(ofStep step: Int) -> String {
    "step-" + String(repeating: "0", count: max(0, 8 - String(step).count)) + "\(step).safetensors"
  }

  private static func kept(in directory: RunDirectory) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.checkpoints.path)) ?? [])
      .filter { $0.hasPrefix("step-") }.sorted()
  }

  private static func remove(_ names: some Collection<String>, from directory: RunDirectory) {
    for name in names { try? FileManager.default.removeItem(at: directory.checkpoints.appending(path: name)) }
  }

  /// Goes on from the newest checkpoint.
  static func restore(_ trainer: Trainer, _ watch: Guard, from directory: RunDirectory) throws {
    let weights = try read(directory.lastWeights)
    let state = try read(directory.lastState)
    guard let step = weights.metadata["step"].flatMap(Int.init), step >= 0,
      weights.metadata["step"] == state.metadata["step"]
    else {
      throw StateMismatch(
        problem: "weights and training state are of different steps", location: directory.checkpoints.path,
        remedy: "train anew")
    }
    try trainer.model.load(weights, from: directory.lastWeights)
    do {
      try trainer.restore(state.tensors, step: step)
      try watch.restore(state.tensors)
    } catch let error as StateMismatch {
      throw StateMismatch(
        problem: error.problem, location: directory.lastState.path,
        remedy: error.remedy)
    }
  }

  /// The contents of a checkpoint's file, as they were written.
  ///
  /// - Throws: `FileError` when it is not there, `SafetensorsError` when it is no such file, `StateMismatch`
  ///   when its numbers are not those that were written. A file of another program, without a digest, is
  ///   taken as it is.
  static func read(_ url: URL) throws -> Safetensors {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw FileError(
        url, problem: "is not there: the run has no checkpoint yet",
        remedy: "train anew: a run saves at its end, on Ctrl-C, and every 'checkpoint.every' steps")
    }
    let contents = try Safetensors(contentsOf: url)
    guard let written = contents.metadata[digestName] else { return contents }
    guard written == digest(of: contents) else {
      throw StateMismatch(
        problem: "the numbers are not those that were written: the file is damaged", location: url.path,
        remedy: "copy 'step-N.safetensors' beside it over it, or train anew")
    }
    return contents
  }

  private static let digestName = "sha256"

  /// SHA-256 of the metadata and the tensors' bytes, in the order of their names. What is wrong with the
  /// tensors' names, types or shapes shows when they meet the model's.
  static func digest(of contents: Safetensors) -> String {
    var hash = SHA256()
    for (name, text) in contents.metadata.sorted(by: { $0.key < $1.key }) where name != digestName {
      hash.update(data: Data("\(name)=\(text)\n".utf8))
    }
    for (_, tensor) in contents.tensors.sorted(by: { $0.key < $1.key }) {
      var bytes = [UInt8](repeating: 0, count: tensor.count * tensor.elementType.byteCount)
      bytes.withUnsafeMutableBytes { tensor.copyBytes(to: $0) }
      hash.update(data: bytes)
    }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
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
