import Crypto
import ElboData
import Foundation
import Torch

/// `checkpoints/`: each checkpoint is weights, training state and a manifest with the SHA-256 of both, written in
/// this order, each to a temporary file that is made durable and renamed. `last.safetensors` and
/// `best.safetensors` are second names of weights there.
struct CheckpointFolder: Sendable {
  let url: URL

  /// The checkpoints whose manifests are there, the newest first.
  var names: [CheckpointName] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [])
      .compactMap { CheckpointName(manifest: $0) }.sorted(by: >)
  }

  /// Writes a checkpoint, gives it the names that are its due, and removes those no longer kept.
  func write(_ checkpoint: Checkpoint, keep: Int) throws {
    let name = checkpoint.name
    try AtomicFile.write(checkpoint.state, to: url.appending(path: name.state))
    try AtomicFile.write(checkpoint.weights, to: url.appending(path: name.weights))
    let manifest = [(checkpoint.weights, name.weights), (checkpoint.state, name.state)]
      .map { "\(Self.digest($0))  \($1)\n" }.joined()
    try AtomicFile.write(Data(manifest.utf8), to: url.appending(path: name.manifest))
    try link(name, best: checkpoint.best?.name)
    try remove(
      allBut: Set(names.filter { $0 <= name }.prefix(max(1, keep)) + [checkpoint.best?.name ?? name]))
  }

  /// Has `last.safetensors` and `best.safetensors` be the weights of these checkpoints.
  func link(_ last: CheckpointName, best: CheckpointName?) throws(FileError) {
    try AtomicFile.link(url.appending(path: last.weights), to: url.appending(path: RunDirectory.lastName))
    guard let best, FileManager.default.fileExists(atPath: url.appending(path: best.weights).path) else {
      unlink(url.appending(path: RunDirectory.bestName).path)
      return
    }
    try AtomicFile.link(url.appending(path: best.weights), to: url.appending(path: RunDirectory.bestName))
  }

  /// Removes all other checkpoints, and what is left of those that were never finished.
  private func remove(allBut kept: Set<CheckpointName>) throws {
    let files = Set(kept.flatMap { [$0.weights, $0.state, $0.manifest] })
    let present = try FileManager.default.contentsOfDirectory(atPath: url.path)
      .filter { $0.hasPrefix("step-") && !files.contains($0) }
    // The manifests first: what is cut short here then counts as never finished.
    for name in present.filter({ $0.hasSuffix(".sha256") }) + present.filter({ !$0.hasSuffix(".sha256") }) {
      unlink(url.appending(path: name).path)
    }
  }

  /// The newest checkpoint that is sound.
  ///
  /// - Parameter report: is given what is wrong with each newer one.
  /// - Throws: `FileError` where there is none yet, and the newest one's error where none is sound.
  func newest(reporting report: (any DiagnosedError) -> Void) throws -> SavedCheckpoint {
    var first: (any DiagnosedError)?
    for name in names {
      do {
        return try SavedCheckpoint(
          name, weights: sound(name.weights, of: name), state: sound(name.state, of: name), in: url)
      } catch let error as any DiagnosedError {
        report(error)
        first = first ?? error
      }
    }
    throw first
      ?? FileError(
        url.appending(path: RunDirectory.lastName),
        problem: "cannot be gone on with: the run has no checkpoint yet",
        remedy: "train anew: a run saves at its end, on Ctrl-C, and every 'checkpoint.every' steps")
  }

  /// A file's contents, which are those that its checkpoint's manifest tells of.
  private func sound(_ file: String, of name: CheckpointName) throws -> Safetensors {
    let place = url.appending(path: file)
    let data = try Safetensors.bytes(of: place)
    guard try digests(in: name.manifest)[file] == Self.digest(data) else { throw Self.damaged(place) }
    return try Safetensors(data, name: place.path)
  }

  /// The weights in a file of this folder.
  ///
  /// - Throws: `FileError` when it is not there, `SafetensorsError` when it is no such file, `StateMismatch` when
  ///   its bytes are not those that were written. A file that no manifest here knows is taken as it is.
  func weights(_ file: String) throws -> Safetensors {
    let place = url.appending(path: file)
    guard FileManager.default.fileExists(atPath: place.path) else {
      throw FileError(
        place, problem: "is not there: the run has no checkpoint yet",
        remedy: "train anew: a run saves at its end, on Ctrl-C, and every 'checkpoint.every' steps")
    }
    let data = try Safetensors.bytes(of: place)
    let contents = try Safetensors(data, name: place.path)
    if let step = contents.metadata["step"].flatMap(Int.init),
      let rollbacks = Int(contents.metadata["rollbacks"] ?? "0"), step >= 0, rollbacks >= 0
    {
      let name = CheckpointName(rollbacks: rollbacks, step: step)
      let manifests = [(name.manifest, name.weights), (RunDirectory.bundleManifestName, file)]
      for (manifest, entry) in manifests {
        if let known = try? digests(in: manifest)[entry], known != Self.digest(data) {
          throw Self.damaged(place)
        }
      }
    }
    return contents
  }

  private static func damaged(_ place: URL) -> StateMismatch {
    StateMismatch(
      problem: "the bytes are not those that were written: the file is damaged", location: place.path,
      remedy: "go on from the checkpoint before it with 'elbo train --resume', or train anew")
  }

  /// The digests that a manifest holds, by file.
  private func digests(in manifest: String) throws -> [String: String] {
    let place = url.appending(path: manifest)
    guard let data = FileManager.default.contents(atPath: place.path) else {
      throw FileError(cannot: "be read", place)
    }
    var digests: [String: String] = [:]
    for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
      guard let match = line.wholeMatch(of: /([0-9a-f]{64})  (.+)/) else { throw Self.damaged(place) }
      digests[String(match.2)] = String(match.1)
    }
    return digests
  }

  /// SHA-256 in hexadecimal digits.
  static func digest(_ data: Data) -> String {
    SHA256.hash(data: data).hexadecimal
  }
}
