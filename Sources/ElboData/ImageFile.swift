import CJPEG
import CPNG
import Foundation

/// The sizes of a picture's file.
struct ImageHeader: Sendable, Equatable {
  var width: Int
  var height: Int
  /// 1 for grey, 3 for red, green and blue.
  var channels: Int
}

/// A picture that was decoded: rows of pixels, each of one byte a channel.
package struct DecodedImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// 1 for grey, 3 for red, green and blue.
  package let channels: Int
  /// height x width x channels.
  package let pixels: [UInt8]

  /// Decodes the bytes of a PNG or JPEG file: grey where the file is, else red, green and blue. Transparent
  /// parts of a PNG come out white, and a JPEG as the camera was held.
  ///
  /// Throws: `malformed` where they are neither, `corrupt` where they cannot be decoded.
  package init(_ file: UnsafeRawBufferPointer, name: String) throws(DataError) {
    if Self.isPNG(file) {
      try self.init(png: file, name: name)
    } else if Self.isJPEG(file) {
      try self.init(jpeg: file, name: name)
    } else {
      throw DataError(.malformed, at: name, "is neither a PNG nor a JPEG file", remedy: "remove it")
    }
  }

  /// Decodes the bytes of a PNG file.
  package init(png file: UnsafeRawBufferPointer, name: String) throws(DataError) {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var pixels: [UInt8] = []
    func isRead() -> Bool {
      guard png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0 else { return false }
      let isColored = image.format & UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP) != 0
      image.format = isColored ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
      let count = Int(image.width) * Int(image.height) * (isColored ? 3 : 1)
      // A header may promise more than any file of this size can hold: deflate shrinks 1032 times at best.
      guard count / 1032 <= file.count else { return false }
      pixels = [UInt8](repeating: 0, count: count)
      var white = png_color(red: 255, green: 255, blue: 255)
      return png_image_finish_read(&image, &white, &pixels, 0, nil) != 0
    }
    guard isRead() else {
      let reason = withUnsafeBytes(of: image.message) { text in
        String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
      }
      throw Self.unreadable("PNG", name, reason)
    }
    width = Int(image.width)
    height = Int(image.height)
    channels = image.format == 0 ? 1 : 3
    self.pixels = pixels
  }

  private init(jpeg file: UnsafeRawBufferPointer, name: String) throws(DataError) {
    let header = try Self.jpegHeader(file, name: name)
    let count = header.width * header.height * header.channels
    // Blocks of 64 pixels take half a byte at the least, and 2 in each of two channels.
    guard count / 1032 <= file.count else { throw Self.unreadable("JPEG", name, "it claims too many pixels") }
    var pixels = [UInt8](repeating: 0, count: count)
    _ = try Self.readJPEG(file, &pixels, header, name: name)
    let orientation = PictureOrientation(jpeg: file)
    self.pixels = orientation.upright(
      pixels, width: header.width, height: header.height, channels: header.channels)
    channels = header.channels
    (width, height) =
      orientation.swapsSides ? (header.height, header.width) : (header.width, header.height)
  }

  /// The sizes that the first bytes of a file tell, without decoding the rest.
  static func header(ofFile path: String) throws(DataError) -> ImageHeader {
    let file = try MappedFile(path: path)
    let bytes = file.bytes
    if isJPEG(bytes) {
      var header = try jpegHeader(bytes, name: path)
      if PictureOrientation(jpeg: bytes).swapsSides { swap(&header.width, &header.height) }
      return header
    }
    // The chunk IHDR comes first: width, height, depth and the type, of which bit 2 is colour.
    guard isPNG(bytes), bytes.count >= 29, bytes[12..<16].elementsEqual("IHDR".utf8) else {
      throw DataError(.malformed, at: path, "is neither a PNG nor a JPEG file", remedy: "remove it")
    }
    func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
    let size = ImageHeader(width: number(16), height: number(20), channels: bytes[25] & 2 == 0 ? 1 : 3)
    guard (1...1 << 20).contains(size.width), (1...1 << 20).contains(size.height) else {
      throw unreadable("PNG", path, "a size of \(size.width)x\(size.height)")
    }
    return size
  }

  private static func isPNG(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.prefix(8).elementsEqual([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
  }

  private static func isJPEG(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.prefix(3).elementsEqual([0xFF, 0xD8, 0xFF])
  }

  private static func jpegHeader(
    _ file: UnsafeRawBufferPointer, name: String
  ) throws(DataError) -> ImageHeader {
    try readJPEG(file, nil, ImageHeader(width: 0, height: 0, channels: 0), name: name)
  }

  private static func readJPEG(
    _ file: UnsafeRawBufferPointer, _ pixels: UnsafeMutablePointer<UInt8>?, _ header: ImageHeader,
    name: String
  ) throws(DataError) -> ImageHeader {
    var (width, height, channels) = (Int32(header.width), Int32(header.height), Int32(header.channels))
    var message = [CChar](repeating: 0, count: Int(JMSG_LENGTH_MAX))
    let isRead = cjpeg_read(
      file.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt(file.count), pixels, &width, &height,
      &channels, &message)
    guard isRead != 0 else {
      throw unreadable("JPEG", name, message.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
    }
    return ImageHeader(width: Int(width), height: Int(height), channels: Int(channels))
  }

  private static func unreadable(_ format: String, _ name: String, _ reason: String) -> DataError {
    DataError(
      .corrupt, at: name, "is not a \(format) that can be read\(reason.isEmpty ? "" : ": \(reason)")",
      remedy: "repair or remove it")
  }
}
