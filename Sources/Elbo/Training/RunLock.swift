import Foundation
import Torch

/// The right to write to a folder, which one process has at a time. It ends with the process, however that ends.
final class RunLock {
  private var descriptor: Int32

  /// Takes the lock of a run, which lies on the run's log.
  ///
  /// - Throws: `FileError` where another process has it, or the file cannot be made.
  convenience init(
    _ directory: RunDirectory, remedy: String = "wait until it ends, or choose another --out"
  ) throws(FileError) {
    let descriptor = open(directory.metrics.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(cannot: "be written", directory.metrics) }
    try self.init(
      descriptor,
      elsewhere: FileError(directory.url, problem: "another process trains this run", remedy: remedy))
  }

  /// Takes the lock of a folder that holds runs, which lies on the folder itself.
  ///
  /// - Throws: `FileError` where another process has it, or the folder cannot be read.
  convenience init(folder: URL, problem: String, remedy: String) throws(FileError) {
    let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(cannot: "be read", folder) }
    try self.init(descriptor, elsewhere: FileError(folder, problem: problem, remedy: remedy))
  }

  private init(_ descriptor: Int32, elsewhere: FileError) throws(FileError) {
    self.descriptor = descriptor
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      // Some file systems know no locks; a run there is as it was before there were any.
      self.descriptor = -1
      if code != EWOULDBLOCK { return }
      throw elsewhere
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
