/// Images of one size with 8-bit pixels, and perhaps a class for each.
public struct ImageSet: Sendable, Equatable {
  /// The data set's name, for messages and figures.
  public let name: String
  /// Every pixel, in the order count x channels x height x width; 0 is black, 255 is white.
  public let pixels: [UInt8]
  /// How many images.
  public let count: Int
  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int
  /// Rows of an image.
  public let height: Int
  /// Columns of an image.
  public let width: Int
  /// The class of each image, below `classCount`.
  public let labels: [UInt8]?
  /// How many classes there are; 0 where there are no labels.
  public let classCount: Int

  /// A set of images whose parts fit together.
  ///
  /// Throws: `outOfRange` for a size or count below one or a label that is no class, `mismatch` where the
  /// number of pixels or of labels is not what the sizes say.
  public init(
    name: String, pixels: [UInt8], count: Int, channels: Int = 1, height: Int, width: Int,
    labels: [UInt8]? = nil, classCount: Int = 0
  ) throws(DataError) {
    for (what, size) in [("count", count), ("channels", channels), ("height", height), ("width", width)]
    where size < 1 {
      throw DataError(.outOfRange, at: name, "\(what) is \(size); it must be 1 or more")
    }
    guard let expected = Self.product([count, channels, height, width]), expected == pixels.count else {
      throw DataError(
        .mismatch, at: name,
        "\(count) images of \(channels)x\(height)x\(width) do not make \(pixels.count) pixels")
    }
    if let labels {
      guard labels.count == count else {
        throw DataError(.mismatch, at: name, "\(count) images but \(labels.count) labels")
      }
      guard (1...256).contains(classCount) else {
        throw DataError(.outOfRange, at: name, "\(classCount) classes; labels of 8 bits allow 1 to 256")
      }
      if let bad = labels.firstIndex(where: { Int($0) >= classCount }) {
        throw DataError(
          .outOfRange, at: name,
          "label \(labels[bad]) of image \(bad) is no class from 0 to \(classCount - 1)")
      }
    }
    self.name = name
    self.pixels = pixels
    self.count = count
    self.channels = channels
    self.height = height
    self.width = width
    self.labels = labels
    self.classCount = labels == nil ? 0 : classCount
  }

  /// channels x height x width.
  public var pixelsPerImage: Int { channels * height * width }

  /// The pixels of image `index`, in the order channels x height x width.
  public func image(at index: Int) -> ArraySlice<UInt8> {
    pixels[index * pixelsPerImage..<(index + 1) * pixelsPerImage]
  }

  /// The mean of all pixels, from 0 to 255.
  public var meanPixel: Double {
    Double(pixels.reduce(into: 0) { $0 += Int($1) }) / Double(pixels.count)
  }

  /// The first `limit` images, or all where there are fewer.
  ///
  /// Throws: `outOfRange` where `limit` is below one.
  public func prefix(_ limit: Int) throws(DataError) -> ImageSet {
    if limit >= count { return self }
    let kept = max(limit, 0)
    return try ImageSet(
      name: name, pixels: Array(pixels.prefix(kept * pixelsPerImage)), count: kept, channels: channels,
      height: height, width: width, labels: labels.map { Array($0.prefix(kept)) }, classCount: classCount)
  }

  /// The same images and labels with other pixels of the same layout.
  package func replacingPixels(_ pixels: [UInt8]) throws(DataError) -> ImageSet {
    try ImageSet(
      name: name, pixels: pixels, count: count, channels: channels, height: height, width: width,
      labels: labels, classCount: classCount)
  }

  /// The product of sizes, or nil where it does not fit an `Int`.
  static func product(_ sizes: [Int]) -> Int? {
    var total = 1
    for size in sizes {
      let (value, overflow) = total.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      total = value
    }
    return total
  }
}
