/// Resizes squares of pixels: each new pixel is the mean of the area it covers.
struct BoxFilter: Sendable {
  /// The old pixels that a new one covers, and how much of each.
  private struct Span { let first: Int; let weights: [Float] }

  private let spans: [Span]
  private let from: Int
  private let to: Int

  /// From squares of `from` pixels a side to squares of `to`.
  init(from: Int, to: Int) {
    (self.from, self.to) = (from, to)
    let scale = Double(from) / Double(to)
    spans = (0..<to).map { place in
      let (start, end) = (Double(place) * scale, Double(place + 1) * scale)
      let first = Int(start)
      let last = min(from - 1, max(first, Int(end.rounded(.up)) - 1))
      return Span(
        first: first,
        weights: (first...last).map {
          Float((min(end, Double($0 + 1)) - max(start, Double($0))) / scale)
        })
    }
  }

  /// Writes the square in the middle of an image, resized, one channel after the other.
  ///
  /// Parameter channels: those to write; grey is repeated where the image has fewer.
  static func resize(
    _ image: DecodedImage, to size: Int, channels: Int, into target: UnsafeMutablePointer<UInt8>
  ) {
    let side = min(image.width, image.height)
    let filter = BoxFilter(from: side, to: size)
    let corner = (image.height - side) / 2 * image.width + (image.width - side) / 2
    var narrow = [Float](repeating: 0, count: side * size)
    image.pixels.withUnsafeBufferPointer { pixels in
      for channel in 0..<channels {
        let source = image.channels == 1 ? 0 : channel
        for row in 0..<side {
          let start = corner + row * image.width
          for (column, span) in filter.spans.enumerated() {
            var sum: Float = 0
            for (offset, weight) in span.weights.enumerated() {
              sum += weight * Float(pixels[(start + span.first + offset) * image.channels + source])
            }
            narrow[row * size + column] = sum
          }
        }
        for (row, span) in filter.spans.enumerated() {
          for column in 0..<size {
            var sum: Float = 0
            for (offset, weight) in span.weights.enumerated() {
              sum += weight * narrow[(span.first + offset) * size + column]
            }
            target[(channel * size + row) * size + column] = UInt8(max(0, min(255, sum.rounded())))
          }
        }
      }
    }
  }
}
