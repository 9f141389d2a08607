import Foundation

/// Width and height of a picture on the page, in CSS pixels.
public struct PictureSize: Sendable, Hashable {
  /// Horizontal extent.
  public var width: Int
  /// Vertical extent.
  public var height: Int

  /// A size of `width` by `height`.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// How a picture is stored.
package enum PictureFormat: Sendable {
  case png, svg

  /// Device pixels a CSS pixel, in PNG: sharp on screens of high density and in print.
  package static let density = 2

  /// The format that the name of the file asks for.
  package init(path: String) {
    self = path.lowercased().hasSuffix(".svg") ? .svg : .png
  }

  /// The name people know it by.
  package var name: String { self == .png ? "PNG" : "SVG" }

  /// The commands that select gnuplot's terminal and define `bold`, which follows a family in a font's name.
  /// Text is literal: no markup, so that any name can be shown.
  package func terminal(size: PictureSize) -> String {
    switch self {
    case .png:
      let scale = Self.density
      return "set terminal pngcairo noenhanced size \(size.width * scale),\(size.height * scale) "
        + "font '\(PlotStyle.font),\(PlotStyle.textSize)' fontscale \(scale) "
        + "linewidth \(scale) pointscale \(scale) dashlength \(scale) background rgb 'white'\nbold = ':Bold'"
    case .svg:
      return "set terminal svg noenhanced standalone size \(size.width),\(size.height) "
        + "font '\(PlotStyle.font),\(PlotStyle.textSize)' fontscale \(PlotStyle.pixelsPerPoint) "
        + "background rgb 'white'\n"
        // The SVG terminal takes a weight for a part of the family's name.
        + "bold = ''"
    }
  }

  /// Whether a file that starts with `first` and ends with `last` (16 bytes each) was written to its end.
  package func isComplete(first: [UInt8], last: [UInt8]) -> Bool {
    switch self {
    case .png:
      first.starts(with: [0x89, 0x50, 0x4E, 0x47]) && last.dropLast(4).suffix(4) == [73, 69, 78, 68]
    case .svg: first.starts(with: "<?xml".utf8) && String(decoding: last, as: UTF8.self).contains("</svg>")
    }
  }
}
