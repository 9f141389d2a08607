import Foundation

/// A picture with what stands below it, and what it shows in words for those who cannot see it.
public struct ReportFigure: Sendable {
  /// Names the picture.
  public let title: String
  /// How to read it.
  public let caption: String
  /// What it shows, in words.
  public let alternativeText: String
  /// The file's bytes.
  let image: Data
  /// `image/png` or `image/svg+xml`.
  let mediaType: String
  /// Size on the page.
  let size: PictureSize

  /// A picture from the bytes of a PNG or SVG file.
  ///
  /// - Throws: `FigureError` where they are neither.
  public init(title: String, caption: String, alternativeText: String, image: Data) throws(FigureError) {
    self.title = title
    self.caption = caption
    self.alternativeText = alternativeText
    self.image = image
    if image.starts(with: [0x89, 0x50, 0x4E, 0x47]), image.count >= 24 {
      mediaType = "image/png"
      // The header's first eight bytes of data are width and height, big-endian.
      func length(at offset: Int) -> Int {
        image.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) } / PictureFormat.density
      }
      size = PictureSize(width: max(1, length(at: 16)), height: max(1, length(at: 20)))
    } else if String(decoding: image.prefix(512), as: UTF8.self).contains("<svg") {
      mediaType = "image/svg+xml"
      size = try Self.svgSize(image, title: title)
    } else {
      throw FigureError(title, "is neither PNG nor SVG", remedy: "give the bytes of a picture file")
    }
  }

  /// The size that the root element states.
  private static func svgSize(_ image: Data, title: String) throws(FigureError) -> PictureSize {
    let text = String(decoding: image.prefix(2048), as: UTF8.self)
    guard let match = text.firstMatch(of: /<svg[^>]*?\swidth="(\d{1,5})[^>]*?\sheight="(\d{1,5})/),
      let width = Int(match.1), let height = Int(match.2), width > 0, height > 0
    else { throw FigureError(title, "is an SVG without a width and a height in pixels") }
    return PictureSize(width: width, height: height)
  }

  /// A picture from a PNG or SVG file.
  public init(title: String, caption: String, alternativeText: String, file path: String) throws(FigureError)
  {
    guard let image = FileManager.default.contents(atPath: path) else {
      throw FigureError(path, "cannot be read", remedy: "draw the picture first")
    }
    do {
      try self.init(title: title, caption: caption, alternativeText: alternativeText, image: image)
    } catch {
      throw FigureError(path, error.problem, remedy: error.remedy)
    }
  }
}
