import Foundation

/// A file's bytes in the address space: the system reads a page when it is first touched, and may take it
/// back at any time, so that they count as no memory of the process's own.
///
/// Safe to share: the bytes are only read, and stay until the last reference goes. Where a file is made
/// shorter while it is mapped, or its disk fails, the process gets SIGBUS: see `LostPages`.
final class MappedFile: @unchecked Sendable {
  /// The file's path, for messages.
  let path: String
  /// All bytes of the file.
  let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// Throws: `missing`, `unreadable` for folders, devices and files without permission, `malformed` for an
  /// empty file.
  init(path: String) throws(DataError) {
    let (descriptor, size) = try openRegularFile(path)
    defer { close(descriptor) }
    guard let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      throw DataError(.unreadable, at: path, "cannot be mapped: " + systemMessage(errno))
    }
    self.path = path
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }

  /// Says in which order pages will be touched: one after the other, or here and there.
  func expect(sequentialReads: Bool) {
    madvise(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count,
      sequentialReads ? MADV_SEQUENTIAL : MADV_RANDOM)
  }

  /// Has the system begin to read a stretch that will be touched soon; it does not wait.
  func prefetch(_ range: Range<Int>) {
    let page = range.lowerBound & ~(Self.pageSize - 1)
    madvise(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress! + page), range.upperBound - page, MADV_WILLNEED)
  }

  private static let pageSize = Int(getpagesize())
}
