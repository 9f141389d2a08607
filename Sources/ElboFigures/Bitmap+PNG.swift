import CPNG
import ElboData
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
    let decoded = file.withUnsafeBytes { bytes in
      Result { () throws(DataError) in try DecodedImage(png: bytes, name: name) }
    }
    let image: DecodedImage
    switch decoded {
    case .success(let sound): image = sound
    case .failure(let error): throw FigureError(name, error.problem)
    }
    try self.init(width: image.width, height: image.height, channels: image.channels, pixels: image.pixels)
  }

  private static func message(of image: png_image) -> String {
    withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
