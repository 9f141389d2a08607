import Foundation

/// A file being written beside its destination, which it replaces in one step when complete.
///
/// Readers see the old file or the new one, never a part; a value that is dropped without `commit()`
/// leaves nothing behind.
package struct StagedFile: ~Copyable {
  /// Where the file will be.
  package let path: String
  /// Open for writing until `commit()`.
  package let descriptor: Int32
  private let temporaryPath: String
  private var isCommitted = false

  /// Opens a temporary file in the folder of `path`.
  package init(for path: String) throws(FigureError) {
    let target = URL(fileURLWithPath: path)
    var isFolder: ObjCBool = false
    if path.isEmpty || path.hasSuffix("/")
      || (FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue)
    {
      throw FigureError(path, "is a folder, not a file", remedy: "name a file inside it")
    }
    let suffix = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    let temporary = target.deletingLastPathComponent().path + "/.\(target.lastPathComponent).\(suffix).tmp"
    let opened = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard opened >= 0 else { throw .system(path, "cannot be written", code: errno) }
    self.path = path
    temporaryPath = temporary
    descriptor = opened
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends `bytes`.
  package func write(_ bytes: some ContiguousBytes) throws(FigureError) {
    let code = bytes.withUnsafeBytes { buffer -> Int32 in
      var done = 0
      while done < buffer.count {
        let written = Foundation.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if written < 0 {
          if errno == EINTR { continue }
          return errno
        }
        done += written
      }
      return 0
    }
    guard code == 0 else { throw .system(path, "cannot be written", code: code) }
  }

  /// The first and the last `count` bytes written so far, fewer where the file is shorter.
  package func ends(_ count: Int) -> (first: [UInt8], last: [UInt8]) {
    let size = lseek(descriptor, 0, SEEK_END)
    func read(at offset: Int) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = max(0, pread(descriptor, buffer.baseAddress, count, offset))
      }
    }
    return (read(at: 0), read(at: max(0, size - count)))
  }

  /// Puts the file in its place.
  package mutating func commit() throws(FigureError) {
    // A full disk may only show when the kernel writes its pages out.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw .system(path, "cannot be written", code: errno)
    }
    guard rename(temporaryPath, path) == 0 else { throw .system(path, "cannot be replaced", code: errno) }
    isCommitted = true
  }

  /// Writes `bytes` to `path` in one step.
  package static func write(_ bytes: some ContiguousBytes, to path: String) throws(FigureError) {
    var file = try StagedFile(for: path)
    try file.write(bytes)
    try file.commit()
  }
}
