import Foundation

/// Images side by side in rows, each pixel enlarged to a square so that tiny images can be seen.
public struct ImageGrid: Sendable {
  /// Values by image: shape [count, channels, imageHeight, imageWidth].
  public var values: [Float]
  /// Images there are.
  public var count: Int
  /// 1, grey, or 3, red, green and blue.
  public var channels: Int
  /// Rows of an image.
  public var imageHeight: Int
  /// Columns of an image.
  public var imageWidth: Int
  /// Images a row; the last row may be shorter.
  public var columns: Int
  /// Values shown as black and as white; what lies outside is clamped to them, what is no number is magenta.
  public var range: ClosedRange<Float>
  /// Shows the lower end as white and the upper as black, as ink on paper.
  public var isInverted: Bool
  /// Pixels between images and around them.
  public var gap: Int
  /// Side of the square that a pixel becomes; nil for one that makes an image about 112 pixels large.
  public var scale: Int?

  /// A grid of `count` images in rows of `columns`.
  public init(
    values: [Float], count: Int, channels: Int = 1, height: Int, width: Int, columns: Int,
    range: ClosedRange<Float> = 0...1, isInverted: Bool = false, gap: Int = 4, scale: Int? = nil
  ) {
    self.values = values
    self.count = count
    self.channels = channels
    imageHeight = height
    imageWidth = width
    self.columns = columns
    self.range = range
    self.isInverted = isInverted
    self.gap = gap
    self.scale = scale
  }

  /// Pixels that viewers can be trusted to show.
  private static let largestSide = 32_767

  /// Rows of images.
  public var rows: Int { columns > 0 ? count / columns + (count % columns > 0 ? 1 : 0) : 0 }

  /// Pixels a side that a pixel becomes.
  var usedScale: Int {
    if let scale { return scale }
    let wanted = 112
    let smaller = min(max(min(imageHeight, imageWidth), 1), wanted)
    let larger = max(imageHeight, imageWidth, 1)
    let largest = max(1, min(2 * wanted / larger, 1900 / max(columns, 1) / max(imageWidth, 1)))
    return min((wanted + smaller - 1) / smaller, largest)
  }

  /// Pixels from the left edge of one image to that of the next.
  var columnPitch: Int { imageWidth * usedScale + gap }

  /// Pixels from the upper edge of one image to that of the next.
  var rowPitch: Int { imageHeight * usedScale + gap }

  /// The grid as an image.
  ///
  /// - Throws: `FigureError` where values and sizes do not agree.
  public func rendered() throws(FigureError) -> Bitmap {
    try check()
    let side = usedScale
    let hasGaps = values.contains { $0.isNaN }
    let channelsShown = hasGaps ? 3 : channels
    // Images of ink on paper are told apart by a grey gap, others by a white one.
    var bitmap = Bitmap(
      filled: isInverted ? 216 : 255, width: columns * columnPitch + gap, height: rows * rowPitch + gap,
      channels: channelsShown)
    let plane = imageHeight * imageWidth
    for image in 0..<count {
      let left = gap + (image % columns) * columnPitch
      let top = gap + (image / columns) * rowPitch
      for pixel in 0..<plane {
        let first = image * channels * plane + pixel
        let isMissing = hasGaps && (0..<channels).contains { values[first + $0 * plane].isNaN }
        bitmap.fillSquare(
          column: left + pixel % imageWidth * side, row: top + pixel / imageWidth * side, side: side
        ) { channel in
          if isMissing { return channel == 1 ? 0 : 255 }
          return level(values[first + min(channel, channels - 1) * plane])
        }
      }
    }
    return bitmap
  }

  /// Writes the grid to `path` as PNG; the file appears complete or not at all.
  public func write(to path: String) throws(FigureError) {
    try rendered().write(to: path)
  }

  private func level(_ value: Float) -> UInt8 {
    let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    let shown = min(max(isInverted ? 1 - share : share, 0), 1)
    return UInt8((shown * 255).rounded())
  }

  private func check() throws(FigureError) {
    let place = "image grid"
    guard count > 0, columns > 0, imageHeight > 0, imageWidth > 0,
      (0...Self.largestSide).contains(gap), (1...Self.largestSide).contains(usedScale),
      channels == 1 || channels == 3
    else {
      throw FigureError(
        place,
        "\(count) images of \(channels) x \(imageHeight) x \(imageWidth) in \(columns) columns "
          + "cannot be laid out", remedy: "give positive sizes, and 1 or 3 channels")
    }
    guard range.lowerBound < range.upperBound, range.lowerBound.isFinite, range.upperBound.isFinite else {
      throw FigureError(place, "the range of values \(range) has no extent")
    }
    let needed = [channels, imageHeight, imageWidth].reduce((count, false)) { product, factor in
      let (next, overflows) = product.0.multipliedReportingOverflow(by: factor)
      return (next, product.1 || overflows)
    }
    guard !needed.1, values.count == needed.0 else {
      throw FigureError(
        place, "\(values.count) values for \(count) images of \(channels) x \(imageHeight) x \(imageWidth)")
    }
    let (width, isTooWide) = columns.multipliedReportingOverflow(by: imageWidth * usedScale + gap)
    let (height, isTooHigh) = rows.multipliedReportingOverflow(by: imageHeight * usedScale + gap)
    guard !isTooWide, !isTooHigh, width <= Self.largestSide, height <= Self.largestSide else {
      throw FigureError(
        place, "is larger than \(Self.largestSide) pixels", remedy: "show fewer images or a smaller scale")
    }
  }
}
