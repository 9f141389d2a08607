import Dispatch
import Foundation
import Synchronization
import Torch

/// Writes checkpoints while training goes on, one at a time.
final class CheckpointWriter: Sendable {
  private let folder: CheckpointFolder
  private let log: URL
  private let keep: Int
  private let queue = DispatchQueue(label: "elbo.checkpoints")
  private let failure = Mutex<(any Error)?>(nil)

  init(_ directory: RunDirectory, keep: Int) {
    folder = CheckpointFolder(url: directory.checkpoints)
    log = directory.metrics
    self.keep = keep
  }

  /// Begins to write, once the checkpoint before is written: no more than one is held in memory.
  func write(_ checkpoint: Checkpoint) throws {
    try finish()
    queue.async { [self] in
      do {
        // A checkpoint that tells of lines must not outlive them.
        try AtomicFile.makeDurable(log)
        try folder.write(checkpoint, keep: keep)
      } catch {
        failure.withLock { $0 = error }
      }
    }
  }

  /// Throws what went wrong since it was asked last; does not wait.
  func check() throws {
    let error = failure.withLock { failure in
      defer { failure = nil }
      return failure
    }
    if let error { throw error }
  }

  /// Waits until all is written; throws what went wrong.
  func finish() throws {
    queue.sync {}
    try check()
  }
}
