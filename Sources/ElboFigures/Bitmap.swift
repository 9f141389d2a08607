/// An image of eight bits a channel.
public struct Bitmap: Sendable, Hashable {
  /// Columns of pixels.
  public let width: Int
  /// Rows of pixels.
  public let height: Int
  /// 1, grey, or 3, red, green and blue.
  public let channels: Int
  /// Bytes by row from the top, channels side by side: shape [height, width, channels].
  public private(set) var pixels: [UInt8]

  /// An image of the given bytes.
  ///
  /// - Throws: `FigureError` where size and bytes do not agree.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws(FigureError) {
    let (cells, isTooWide) = width.multipliedReportingOverflow(by: height)
    let (bytes, isTooLarge) = cells.multipliedReportingOverflow(by: max(channels, 1))
    guard width > 0, height > 0, channels == 1 || channels == 3, !isTooWide, !isTooLarge,
      pixels.count == bytes
    else {
      throw FigureError(
        "image", "\(pixels.count) bytes for \(width) x \(height) pixels of \(channels) channels",
        remedy: "give width x height x channels bytes, with 1 or 3 channels")
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// An image of one colour, the same in all channels. The size is positive and was checked by the caller.
  package init(filled level: UInt8, width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
    pixels = [UInt8](repeating: level, count: width * height * channels)
  }

  /// The channels of the pixel at `column` and `row`, counted from the upper left.
  public subscript(column: Int, row: Int) -> ArraySlice<UInt8> {
    let start = (row * width + column) * channels
    return pixels[start..<(start + channels)]
  }

  /// Sets a square of `side` pixels to one colour; `color` has a value a channel.
  package mutating func fillSquare(column: Int, row: Int, side: Int, color: (Int) -> UInt8) {
    for channel in 0..<channels {
      let level = color(channel)
      for y in row..<(row + side) {
        var place = (y * width + column) * channels + channel
        for _ in 0..<side {
          pixels[place] = level
          place += channels
        }
      }
    }
  }

  /// Copies `other` onto this image with its upper left corner at `column` and `row`; it must lie inside.
  package mutating func paste(_ other: Bitmap, column: Int, row: Int) {
    precondition(column >= 0 && row >= 0 && column + other.width <= width && row + other.height <= height)
    for y in 0..<other.height {
      for x in 0..<other.width {
        let source = other[x, y]
        let place = ((row + y) * width + column + x) * channels
        for channel in 0..<channels {
          pixels[place + channel] = source[source.startIndex + min(channel, other.channels - 1)]
        }
      }
    }
  }
}
