import Foundation

/// Bytes that are only read: a stretch of a mapped file, or memory.
///
/// Safe to share: nothing writes them, and they stay until the last copy of the value goes.
struct SharedBytes: @unchecked Sendable {
  /// What they are, for messages.
  let name: String
  /// The bytes.
  let raw: UnsafeRawBufferPointer
  private let owner: AnyObject
  /// The file that they are a stretch of, and where it starts.
  private let mapping: (file: MappedFile, start: Int)?

  /// A stretch of a mapped file.
  init(
    _ raw: UnsafeRawBufferPointer, of owner: AnyObject, mapping file: MappedFile, at start: Int, name: String
  ) {
    self.raw = raw
    self.owner = owner
    self.name = name
    mapping = (file, start)
  }

  /// A whole file, mapped.
  init(mapping path: String) throws(DataError) {
    let file = try MappedFile(path: path)
    self.init(file.bytes, of: file, mapping: file, at: 0, name: path)
  }

  /// Bytes in memory.
  init(_ data: Data, name: String) {
    let bytes = NSData(data: data)
    raw = UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.length)
    owner = bytes
    mapping = nil
    self.name = name
  }

  /// Has the system begin to read a stretch that will be touched soon.
  func prefetch(_ range: Range<Int>) {
    guard let mapping else { return }
    mapping.file.prefetch(mapping.start + range.lowerBound..<mapping.start + range.upperBound)
  }

  /// Says in which order the bytes will be touched.
  func expect(sequentialReads: Bool) { mapping?.file.expect(sequentialReads: sequentialReads) }
}
