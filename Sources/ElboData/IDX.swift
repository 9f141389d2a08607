/// The IDX format of MNIST's authors: a magic number, big-endian sizes, then bytes; plain or in gzip.
///
/// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
public enum IDX {
  /// The pixels of an images file.
  public struct Images: Sendable, Equatable {
    /// How many images.
    public let count: Int
    /// Rows of an image.
    public let height: Int
    /// Columns of an image.
    public let width: Int
    /// Pixels in the order count x height x width.
    public let pixels: [UInt8]
  }

  /// More pixels than this are refused before any memory is asked for: 4 GiB.
  public static let defaultLimit = 1 << 32

  private static let imagesMagic: UInt32 = 0x0000_0803
  private static let labelsMagic: UInt32 = 0x0000_0801

  /// The images of a file with the magic number 0x00000803.
  ///
  /// Throws: an error that names the file where it is missing, unreadable, empty, of another format, cut
  /// short, longer than its header says, damaged, or larger than `limit` bytes.
  public static func images(at path: String, limit: Int = defaultLimit) throws(DataError) -> Images {
    let source = try ByteSource(path: path)
    let sizes = try header(of: source, magic: imagesMagic, names: ["images", "rows", "columns"])
    let pixels = try payload(of: source, sizes: sizes, limit: limit)
    return Images(count: sizes[0], height: sizes[1], width: sizes[2], pixels: pixels)
  }

  /// The labels of a file with the magic number 0x00000801, each below `classCount`.
  ///
  /// Throws: as `images(at:limit:)`, and `outOfRange` for a label that is no class.
  public static func labels(
    at path: String, classCount: Int = 256, limit: Int = defaultLimit
  ) throws(DataError) -> [UInt8] {
    let source = try ByteSource(path: path)
    let sizes = try header(of: source, magic: labelsMagic, names: ["labels"])
    let labels = try payload(of: source, sizes: sizes, limit: limit)
    if let bad = labels.firstIndex(where: { Int($0) >= classCount }) {
      throw DataError(
        .malformed, at: path, "label \(labels[bad]) of example \(bad) is no class from 0 to \(classCount - 1)"
      )
    }
    return labels
  }

  /// The images of one file with the labels of another.
  ///
  /// Throws: as `images(at:limit:)` and `labels(at:classCount:limit:)`, and `mismatch` where the counts
  /// differ.
  public static func imageSet(
    name: String, images imagesPath: String, labels labelsPath: String, classCount: Int,
    limit: Int = defaultLimit
  ) throws(DataError) -> ImageSet {
    let labels = try labels(at: labelsPath, classCount: classCount, limit: limit)
    let images = try images(at: imagesPath, limit: limit)
    guard images.count == labels.count else {
      throw DataError(
        .mismatch, at: imagesPath,
        "this file holds \(images.count) images, but \(labelsPath) holds \(labels.count) labels",
        remedy: "use the two files of one set")
    }
    return try ImageSet(
      name: name, pixels: images.pixels, count: images.count, height: images.height, width: images.width,
      labels: labels, classCount: classCount)
  }

  private static func header(of source: ByteSource, magic: UInt32, names: [String]) throws(DataError) -> [Int]
  {
    let bytes = try read(4 * (names.count + 1), of: source)
    guard bytes.count >= 4 else { throw cutShort(source, "\(bytes.count) bytes are no IDX header") }
    let words = stride(from: 0, to: bytes.count - 3, by: 4).map { at in
      bytes[at..<at + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    guard words[0] == magic else { throw wrongMagic(words[0], expected: magic, in: source) }
    guard words.count == names.count + 1 else {
      throw cutShort(source, "the file ends within the header, after \(bytes.count) bytes")
    }
    let sizes = words.dropFirst().map { Int($0) }
    for (name, size) in zip(names, sizes) where size == 0 {
      throw DataError(.malformed, at: source.path, "the header promises 0 \(name)")
    }
    return sizes
  }

  /// Everything after the header: as many bytes as the sizes promise, and then the end of the file.
  private static func payload(
    of source: ByteSource, sizes: [Int], limit: Int
  ) throws(DataError) -> [UInt8] {
    let promise = sizes.map { String($0) }.joined(separator: " x ")
    guard let size = ImageSet.product(sizes), size <= limit else {
      throw DataError(
        .malformed, at: source.path, "the header promises \(promise) bytes; the limit is \(limit)")
    }
    let headerSize = 4 * (sizes.count + 1)
    guard size <= source.largestPossibleSize - headerSize else {
      let room =
        source.isCompressed
        ? "\(source.fileSize) bytes of gzip cannot hold that many"
        : "only \(source.fileSize - headerSize) follow it"
      throw cutShort(source, "the header promises \(promise) = \(size) bytes, \(room)")
    }
    let bytes = try read(size, of: source)
    guard bytes.count == size else {
      throw cutShort(source, "the header promises \(promise) = \(size) bytes, only \(bytes.count) follow it")
    }
    // One byte more is asked for: it tells a longer file, and lets zlib check the stream's end and its CRC.
    guard try read(1, of: source).isEmpty else {
      throw DataError(
        .malformed, at: source.path,
        "there are bytes after the \(promise) = \(size) that the header promises",
        remedy: "fetch the file again")
    }
    return bytes
  }

  /// The next `count` bytes, fewer at the file's end. Memory grows with what is there, not with what is
  /// promised.
  private static func read(_ count: Int, of source: ByteSource) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(count, 1 << 26))
    var chunk = [UInt8](repeating: 0, count: min(max(count, 1), 1 << 18))
    while bytes.count < count {
      let size = try source.read(into: &chunk, limit: count - bytes.count)
      if size == 0 { break }
      bytes.append(contentsOf: chunk[..<size])
    }
    return bytes
  }

  private static func cutShort(_ source: ByteSource, _ problem: String) -> DataError {
    DataError(.truncated, at: source.path, problem, remedy: "fetch the file again")
  }

  private static func wrongMagic(_ found: UInt32, expected: UInt32, in source: ByteSource) -> DataError {
    func hex(_ value: UInt32) -> String {
      let digits = String(value, radix: 16)
      return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
    }
    let hint =
      switch found {
      case labelsMagic: "; this is a file of labels, not of images"
      case imagesMagic: "; this is a file of images, not of labels"
      default: ""
      }
    return DataError(
      .malformed, at: source.path,
      "the magic number is \(hex(found)), an IDX file of this kind has \(hex(expected))\(hint)")
  }
}
