import CPNG
import Foundation

extension Bitmap {
  /// The image as the bytes of a PNG file.
  ///
  /// - Throws: `FigureError` where the image is too large for the format or for memory.
  public func pngData() throws(FigureError) -> Data {
    guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
      throw FigureError("image", "\(self.width) x \(self.height) pixels are too many for PNG")
    }
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    image.width = width
    image.height = height
    image.format = channels == 1 ? 0 : UInt32(PNG_FORMAT_FLAG_COLOR)
    defer { png_image_free(&image) }
    // The first call only measures.
    var size = 0
    guard png_image_write_to_memory(&image, nil, &size, 0, pixels, 0, nil) != 0 else {
      throw FigureError("image", "cannot be encoded: \(Self.message(of: image))")
    }
    var encoded = Data(count: size)
    let isWritten = encoded.withUnsafeMutableBytes {
      png_image_write_to_memory(&image, $0.baseAddress, &size, 0, pixels, 0, nil)
    }
    guard isWritten != 0 else {
      throw FigureError("image", "cannot be encoded: \(Self.message(of: image))")
    }
    return encoded.prefix(size)
  }

  /// Writes the image to `path` as PNG; the file appears complete or not at all.
  public func write(to path: String) throws(FigureError) {
    try StagedFile.write(pngData(), to: path)
  }

  /// Reads a PNG file: grey where the file is, else red, green and blue. Transparent parts come out white.
  ///
  /// - Throws: `FigureError` where the file cannot be read or is no PNG.
  public init(contentsOf path: String) throws(FigureError) {
    guard let file = FileManager.default.contents(atPath: path) else {
      throw FigureError(path, "cannot be read", remedy: "check that the file exists")
    }
    try self.init(png: file, name: path)
  }

  /// Decodes the bytes of a PNG file; `name` stands in errors.
  public init(png file: Data, name: String = "image") throws(FigureError) {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    var pixels: [UInt8] = []
    let isRead = file.withUnsafeBytes { bytes -> Bool in
      guard png_image_begin_read_from_memory(&image, bytes.baseAddress, bytes.count) != 0 else {
        return false
      }
      let isColored = image.format & UInt32(PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_COLORMAP) != 0
      image.format = isColored ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
      let count = Int(image.width) * Int(image.height) * (isColored ? 3 : 1)
      // A header may promise more than any file of this size can hold: deflate shrinks 1032 times at best.
      guard count / 1032 <= bytes.count else { return false }
      pixels = [UInt8](repeating: 0, count: count)
      var white = png_color(red: 255, green: 255, blue: 255)
      return png_image_finish_read(&image, &white, &pixels, 0, nil) != 0
    }
    guard isRead else {
      let message = Self.message(of: image)
      throw FigureError(name, "is not a PNG that can be read\(message.isEmpty ? "" : ": \(message)")")
    }
    try self.init(
      width: Int(image.width), height: Int(image.height), channels: image.format == 0 ? 1 : 3, pixels: pixels)
  }

  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
