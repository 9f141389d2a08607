import CZlib
import Foundation

/// The bytes of a file in order, unpacked where the file is gzip; at no time more than a buffer of them.
///
/// Whether a file is gzip is told by its first two bytes, 1f 8b, not by its name. Several gzip members one
/// after the other count as one stream, as RFC 1952 has it; zlib checks each member's CRC-32 and length.
final class ByteSource {
  /// The file's path, for messages.
  let path: String
  /// The file's length on disk.
  let fileSize: Int
  /// Whether the bytes come out of a gzip stream.
  let isCompressed: Bool

  private let descriptor: Int32
  private var buffer: [UInt8]
  private var bufferStart = 0
  private var bufferEnd = 0
  /// On the heap, because zlib keeps a pointer to the stream and refuses one that moved.
  private var stream: UnsafeMutablePointer<z_stream>?
  private var memberEnded = false

  /// Deflate packs at most 258 bytes into 2 bits, so no file unpacks to more than about 1032 times its
  /// length.
  private static let largestRatio = 1032
  private static let bufferSize = 1 << 18

  /// Opens the file at `path`.
  ///
  /// Throws: `missing`, `unreadable` for folders, devices and files without permission, `malformed` for an
  /// empty file.
  init(path: String) throws(DataError) {
    let (descriptor, size) = try openRegularFile(path)
    var buffer = [UInt8](repeating: 0, count: min(Self.bufferSize, max(size, 512)))
    let first: Int
    do throws(DataError) { first = try readOnce(descriptor, into: &buffer, path: path) } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.descriptor = descriptor
    fileSize = size
    isCompressed = first >= 2 && buffer[0] == 0x1F && buffer[1] == 0x8B
    bufferEnd = first
    self.buffer = buffer
    if isCompressed { try startInflating() }
  }

  deinit {
    if let stream {
      inflateEnd(stream)
      stream.deallocate()
    }
    close(descriptor)
  }

  /// The most bytes that this file can possibly hold or unpack to.
  var largestPossibleSize: Int {
    isCompressed ? fileSize.multipliedReportingOverflow(by: Self.largestRatio).partialValue : fileSize
  }

  /// Puts at most `limit` further bytes at the start of `output` and says how many; 0 is the end of the file.
  ///
  /// Throws: `truncated` for a gzip stream cut short, `corrupt` for one that is damaged, `malformed` for
  /// bytes after it, `unreadable` where the disk fails.
  func read(into output: inout [UInt8], limit: Int) throws(DataError) -> Int {
    let wanted = min(limit, output.count, 1 << 30)
    if wanted < 1 { return 0 }
    return isCompressed ? try inflate(into: &output, wanted: wanted) : try copy(into: &output, wanted: wanted)
  }

  private func copy(into output: inout [UInt8], wanted: Int) throws(DataError) -> Int {
    if bufferStart == bufferEnd { try refill() }
    let size = min(wanted, bufferEnd - bufferStart)
    output.withUnsafeMutableBytes { target in
      buffer.withUnsafeBytes { bytes in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[bufferStart..<bufferStart + size]))
      }
    }
    bufferStart += size
    return size
  }

  private func startInflating() throws(DataError) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 is the largest window; 16 more asks for the gzip wrapping and its checks.
    guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      throw DataError(.unreadable, at: path, "zlib could not start; there may be too little memory")
    }
    self.stream = stream
  }

  private func inflate(into output: inout [UInt8], wanted: Int) throws(DataError) -> Int {
    guard let stream else { return 0 }
    while true {
      if bufferStart == bufferEnd { try refill() }
      if memberEnded {
        if bufferStart == bufferEnd { return 0 }
        // The next member may begin at a buffer's last byte; its second byte is then zlib's to judge.
        let isMember =
          buffer[bufferStart] == 0x1F && (bufferStart + 1 == bufferEnd || buffer[bufferStart + 1] == 0x8B)
        guard isMember, inflateReset(stream) == Z_OK else {
          throw DataError(
            .malformed, at: path, "there are bytes after the end of the gzip stream",
            remedy: "fetch the file again")
        }
        memberEnded = false
      }
      if bufferStart == bufferEnd {
        throw DataError(
          .truncated, at: path, "the gzip stream is cut short after \(fileSize) bytes",
          remedy: "fetch the file again")
      }
      let available = bufferEnd - bufferStart
      let status = buffer.withUnsafeMutableBufferPointer { bytes in
        output.withUnsafeMutableBufferPointer { target in
          stream.pointee.next_in = bytes.baseAddress.map { $0 + bufferStart }
          stream.pointee.avail_in = UInt32(available)
          stream.pointee.next_out = target.baseAddress
          stream.pointee.avail_out = UInt32(wanted)
          return CZlib.inflate(stream, Z_NO_FLUSH)
        }
      }
      bufferStart += available - Int(stream.pointee.avail_in)
      let produced = wanted - Int(stream.pointee.avail_out)
      switch status {
      case Z_STREAM_END: memberEnded = true
      case Z_OK, Z_BUF_ERROR: break
      case Z_MEM_ERROR: throw DataError(.unreadable, at: path, "there is too little memory to unpack it")
      default:
        let detail = stream.pointee.msg.map { String(cString: $0) } ?? "the data cannot be unpacked"
        throw DataError(
          .corrupt, at: path, "the gzip stream is damaged (\(detail))", remedy: "fetch the file again")
      }
      if produced > 0 { return produced }
    }
  }

  private func refill() throws(DataError) {
    bufferStart = 0
    bufferEnd = try readOnce(descriptor, into: &buffer, path: path)
  }
}

/// The descriptor and the length of the file at `path`, which must be a regular file with something in it.
func openRegularFile(_ path: String) throws(DataError) -> (descriptor: Int32, size: Int) {
  var status = stat()
  guard stat(path, &status) == 0 else {
    let isMissing = errno == ENOENT || errno == ENOTDIR
    throw DataError(
      isMissing ? .missing : .unreadable, at: path, systemMessage(errno), remedy: "check the path")
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw DataError(.unreadable, at: path, "this is a folder, not a file")
  default: throw DataError(.unreadable, at: path, "this is not a regular file")
  }
  guard status.st_size > 0 else { throw DataError(.malformed, at: path, "the file is empty") }
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    throw DataError(.unreadable, at: path, systemMessage(errno), remedy: "check its permissions")
  }
  return (descriptor, Int(status.st_size))
}

/// One `read` of the system, repeated where a signal came between.
private func readOnce(_ descriptor: Int32, into buffer: inout [UInt8], path: String) throws(DataError) -> Int
{
  while true {
    let size = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if size >= 0 { return size }
    if errno != EINTR { throw DataError(.unreadable, at: path, systemMessage(errno)) }
  }
}

/// What the system calls error number `code`, in lower case as a clause.
func systemMessage(_ code: Int32) -> String {
  String(cString: strerror(code)).lowercased()
}
