import Foundation
import Torch

/// Where a long annealed run keeps its state: `evaluation/KEY.safetensors` in the run's folder, KEY a digest of the
/// weights, the examples, the options and the seed, so that only the same run is gone on with. A finished run's is
/// kept as well: asking again costs nothing.
struct AnnealingJournal {
  let url: URL

  /// - Parameter tensors: what, beside the words, decides the run.
  init(in folder: URL, _ tensors: [String: Tensor], _ words: [String: String]) throws(FileError) {
    let key = CheckpointFolder.digest(try Safetensors(tensors: tensors, metadata: words).data(for: folder))
    url = folder.appending(path: "ais-\(key.prefix(16)).safetensors")
    if !FileManager.default.fileExists(atPath: folder.path) {
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch {
        let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
        throw FileError(cannot: "be made", folder, code: code.map(Int32.init) ?? errno)
      }
    }
  }

  /// The state and its step, where there is one.
  func read() throws -> (tensors: [String: Tensor], step: Int)? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    let saved = try Safetensors(contentsOf: url)
    guard let step = saved.metadata["step"].flatMap(Int.init) else {
      throw FileError(url, problem: "is no state of an evaluation", remedy: "remove it")
    }
    return (saved.tensors, step)
  }

  /// Writes the state, whole or not at all.
  func write(_ run: AnnealedRun) throws(FileError) {
    try Safetensors(tensors: run.state, metadata: ["step": String(run.step)]).write(to: url)
  }
}
