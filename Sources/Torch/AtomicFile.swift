import Foundation

/// Writes a file so that other processes see the old contents or the new, never a part.
package enum AtomicFile {
  /// Writes `data` to a new file beside `url`, makes it durable, and renames it into place.
  ///
  /// - Throws: `FileError` with the system's reason; nothing is left behind then.
  package static func write(_ data: Data, to url: URL) throws(FileError) {
    try write(to: url) { descriptor in
      data.withUnsafeBytes { writeAll($0, to: descriptor) }
    }
  }

  /// Like `write(_:to:)`, for contents that `body` writes piece by piece; it returns false when a write
  /// failed.
  package static func write(to url: URL, _ body: (Int32) -> Bool) throws(FileError) {
    let folder = url.deletingLastPathComponent()
    // A name that no other writer of the same file has, be it in this process.
    let temporary = folder.appending(path: ".\(UUID().uuidString).tmp").path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(cannot: "be written", url) }
    let written = body(descriptor) && fsync(descriptor) == 0
    // The reason is the first failure's, not that of the clean-up.
    let reason = errno
    let closed = close(descriptor) == 0
    guard written, closed, rename(temporary, url.path) == 0 else {
      let failure = FileError(cannot: "be written", url, code: written ? errno : reason)
      unlink(temporary)
      throw failure
    }
    try makeDurable(folder)
  }

  /// Gives a file's contents a second name, which other processes see in place of what had it before. Where the
  /// file system has no such links it is a copy.
  package static func link(_ source: URL, to url: URL) throws(FileError) {
    let folder = url.deletingLastPathComponent()
    let temporary = folder.appending(path: ".\(UUID().uuidString).tmp").path
    guard Foundation.link(source.path, temporary) == 0 else {
      guard let data = try? Data(contentsOf: source) else { throw FileError(cannot: "be read", source) }
      return try write(data, to: url)
    }
    guard rename(temporary, url.path) == 0 else {
      let failure = FileError(cannot: "be written", url)
      unlink(temporary)
      throw failure
    }
    // Two names of one file are left as they are by the renaming.
    unlink(temporary)
    try makeDurable(folder)
  }

  /// Removes what writers that were killed left in a folder that nobody writes to now.
  package static func removeLeftovers(in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where name.wholeMatch(of: /\.[0-9A-F-]{36}\.tmp/) != nil {
      unlink(folder.appending(path: name).path)
    }
  }

  /// Has a file's contents, or a folder's names, outlast a power failure.
  package static func makeDurable(_ url: URL) throws(FileError) {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(cannot: "be read", url) }
    defer { close(descriptor) }
    // Some file systems do not know it of folders.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError(cannot: "be written", url) }
  }

  /// Writes all bytes; false, with `errno` set, when the system does not take them.
  package static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let taken = Foundation.write(descriptor, rest.baseAddress, rest.count)
      if taken < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
    }
    return true
  }
}

/// A file or folder that the system would not read or write.
public struct FileError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String

  /// An error in Elbo's words.
  package init(_ url: URL, problem: String, remedy: String = "") {
    self.problem = problem
    location = url.path
    self.remedy = remedy
  }

  /// The system's reason for a call that failed.
  package init(cannot verb: String, _ url: URL, code: Int32 = errno) {
    let remedy =
      switch code {
      case ENOSPC, EDQUOT: "free some space, or choose another place with '--out'"
      case EACCES, EPERM, EROFS: "choose a place you may write to"
      case ENOENT: "check the path"
      default: ""
      }
    self.init(url, problem: "cannot \(verb): \(String(cString: strerror(code)).lowercased())", remedy: remedy)
  }
}
