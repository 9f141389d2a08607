import CZlib
import Foundation

/// The members of a zip file, stored or deflated, as NumPy's NPZ files have them.
///
/// Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3 (zip64).
struct ZipArchive: Sendable {
  /// A member's place in the archive.
  struct Member: Sendable {
    /// The name, with folders.
    let name: String
    /// 0 for stored, 8 for deflated.
    let method: Int
    let crc: UInt32
    /// Bytes in the archive.
    let packedSize: Int
    /// Bytes unpacked.
    let size: Int
    /// Where the local header starts.
    let headerOffset: Int
  }

  /// The file.
  let file: MappedFile
  /// The members, in the order of the directory.
  let members: [Member]

  /// Reads the directory of the zip file at `path`.
  ///
  /// Throws: `malformed` where it is none.
  init(path: String) throws(DataError) {
    file = try MappedFile(path: path)
    members = try Self.directory(of: file)
  }

  /// The bytes of a member: a stretch of the mapped file where it is stored, else unpacked in memory.
  ///
  /// Throws: `corrupt` where they are not those that were packed.
  func bytes(of member: Member) throws(DataError) -> SharedBytes {
    let name = file.path + "/" + member.name.excerpt()
    let local = Fields(file, member.headerOffset)
    guard try local.number(0, 4) == 0x0403_4B50 else { throw Self.unsound(file, "a local header is missing") }
    let start = try member.headerOffset + 30 + local.number(26, 2) + local.number(28, 2)
    guard start + member.packedSize <= file.bytes.count else {
      throw Self.unsound(file, "member \(member.name.excerpt()) is cut short")
    }
    let packed = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + member.packedSize])
    switch member.method {
    case 0:
      // The sum of a large set is not taken: it would be read as a whole before the first step.
      guard member.size == member.packedSize else { throw Self.unsound(file, "sizes disagree") }
      return SharedBytes(packed, of: file, mapping: file, at: start, name: name)
    case 8:
      let unpacked = try inflate(packed, to: member)
      guard crc32(of: unpacked) == member.crc else {
        throw DataError(
          .corrupt, at: name, "the bytes are not those that were packed", remedy: "write it again")
      }
      return SharedBytes(unpacked, name: name)
    default:
      throw Self.unsound(file, "member \(member.name.excerpt()) is packed by method \(member.method)")
    }
  }

  private func inflate(_ packed: UnsafeRawBufferPointer, to member: Member) throws(DataError) -> Data {
    // Deflate packs at most 258 bytes into 2 bits: a size beyond that is no size, and no memory is taken.
    guard member.size <= packed.count * 1032 + 1032, let target = NSMutableData(length: member.size) else {
      throw Self.unsound(file, "member \(member.name.excerpt()) claims \(member.size) bytes")
    }
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw DataError(.unreadable, at: file.path, "zlib could not start; there may be too little memory")
    }
    defer { inflateEnd(&stream) }
    var (read, written, status) = (0, 0, Z_OK)
    while status == Z_OK {
      let (take, give) = (min(packed.count - read, 1 << 30), min(member.size - written, 1 << 30))
      stream.next_in = UnsafeMutablePointer(
        mutating: packed.baseAddress?.advanced(by: read).assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(take)
      stream.next_out = target.mutableBytes.advanced(by: written).assumingMemoryBound(to: UInt8.self)
      stream.avail_out = UInt32(give)
      status = CZlib.inflate(&stream, Z_NO_FLUSH)
      read += take - Int(stream.avail_in)
      written += give - Int(stream.avail_out)
    }
    guard status == Z_STREAM_END, written == member.size else {
      throw DataError(
        .corrupt, at: file.path, "member \(member.name.excerpt()) cannot be unpacked",
        remedy: "write it again")
    }
    return target as Data
  }

  private static func unsound(_ file: MappedFile, _ problem: String) -> DataError {
    DataError(
      .malformed, at: file.path, "not a sound zip file: " + problem, remedy: "write it with numpy.savez")
  }

  /// Little-endian numbers at places of a file, counted from `base`.
  private struct Fields {
    let file: MappedFile
    let base: Int

    init(_ file: MappedFile, _ base: Int) { (self.file, self.base) = (file, base) }

    func number(_ offset: Int, _ size: Int) throws(DataError) -> Int {
      let start = base + offset
      guard start >= 0, start + size <= file.bytes.count else { throw unsound(file, "it is cut short") }
      var value: UInt64 = 0
      for index in 0..<size { value |= UInt64(file.bytes[start + index]) << UInt64(8 * index) }
      guard let number = Int(exactly: value) else { throw unsound(file, "a size is beyond any file") }
      return number
    }
  }

  private static func directory(of file: MappedFile) throws(DataError) -> [Member] {
    let length = file.bytes.count
    // The record at the end has a comment of at most 65,535 bytes after it.
    var end = length - 22
    while end >= max(0, length - 22 - 65_535), try Fields(file, end).number(0, 4) != 0x0605_4B50 { end -= 1 }
    guard end >= max(0, length - 22 - 65_535) else {
      throw unsound(file, "its directory is missing; it may be cut short")
    }
    let record = Fields(file, end)
    var (count, place) = (try record.number(10, 2), try record.number(16, 4))
    if count == 0xFFFF || place == 0xFFFF_FFFF {
      let wide = Fields(file, try Fields(file, end - 20).number(8, 8))
      guard try wide.number(0, 4) == 0x0606_4B50 else { throw unsound(file, "its zip64 record is missing") }
      (count, place) = (try wide.number(32, 8), try wide.number(48, 8))
    }
    var members: [Member] = []
    for _ in 0..<count {
      let entry = Fields(file, place)
      guard try entry.number(0, 4) == 0x0201_4B50 else { throw unsound(file, "its directory is damaged") }
      let (nameSize, extraSize) = (try entry.number(28, 2), try entry.number(30, 2))
      var sizes = [try entry.number(24, 4), try entry.number(20, 4), try entry.number(42, 4)]
      // Numbers that do not fit 32 bits stand in the entry's zip64 field, in this order.
      var extra = 46 + nameSize
      while extra + 4 <= 46 + nameSize + extraSize {
        let (kind, size) = (try entry.number(extra, 2), try entry.number(extra + 2, 2))
        var at = extra + 4
        if kind == 1 {
          for index in sizes.indices where sizes[index] == 0xFFFF_FFFF {
            sizes[index] = try entry.number(at, 8)
            at += 8
          }
        }
        extra += 4 + size
      }
      guard place + 46 + nameSize <= length else { throw unsound(file, "its directory is cut short") }
      guard try entry.number(8, 2) & 1 == 0 else { throw unsound(file, "it is encrypted") }
      guard sizes.allSatisfy({ $0 <= 1 << 48 }) else { throw unsound(file, "a size is beyond any file") }
      members.append(
        Member(
          name: String(decoding: file.bytes[(place + 46)..<(place + 46 + nameSize)], as: UTF8.self),
          method: try entry.number(10, 2), crc: UInt32(try entry.number(16, 4)), packedSize: sizes[1],
          size: sizes[0], headerOffset: sizes[2]))
      place += 46 + nameSize + extraSize + (try entry.number(32, 2))
    }
    return members
  }
}

/// The CRC-32 of bytes, as zip and gzip have it.
func crc32(of data: Data) -> UInt32 {
  data.withUnsafeBytes { raw in
    var sum = CZlib.crc32(0, nil, 0)
    for start in stride(from: 0, to: raw.count, by: 1 << 30) {
      let part = raw[start..<min(raw.count, start + 1 << 30)]
      let rebased = UnsafeRawBufferPointer(rebasing: part)
      sum = CZlib.crc32(sum, rebased.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(rebased.count))
    }
    return UInt32(sum)
  }
}
