import Foundation
import Torch

/// The right to write to a run's folder, which one process has at a time. It ends with the process, however that
/// ends.
final class RunLock {
  private var descriptor: Int32

  /// Takes the lock, which lies on the run's log.
  ///
  /// - Throws: `FileError` where another process has it, or the file cannot be made.
  init(_ directory: RunDirectory) throws(FileError) {
    descriptor = open(directory.metrics.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(cannot: "be written", directory.metrics) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      // Some file systems know no locks; a run there is as it was before there were any.
      descriptor = -1
      if code != EWOULDBLOCK { return }
      throw FileError(
        directory.url, problem: "another process trains this run",
        remedy: "wait until it ends, or choose another --out")
    }
  }

  /// Gives the lock back.
  func release() {
    guard descriptor >= 0 else { return }
    // Closing is not enough: a child process that was just forked shares the lock until it runs its program.
    flock(descriptor, LOCK_UN)
    close(descriptor)
    descriptor = -1
  }

  deinit { release() }
}
