/// How grey pixels become the zeros and ones that a Bernoulli likelihood is about.
public enum Binarisation: String, Sendable, CaseIterable, Codable {
  /// Pixels stay grey.
  case off
  /// Each pixel is drawn once for the whole run.
  case `static`
  /// Each pixel is drawn anew whenever a batch is.
  case dynamic

  private static let stream: UInt64 = 0x62_696E  // "bin"

  /// The pixels as training reads them: for `static`, each is 255 with probability pixel / 255, else 0.
  ///
  /// `off` and `dynamic` leave the set as it is; dynamic draws happen on batches. The draws of image i are a
  /// function of (seed, i) and of its pixels, so the first n images of a set are drawn the same whatever n
  /// is.
  public func apply(to set: ImageSet, seed: UInt64) throws(DataError) -> ImageSet {
    guard self == .static else { return set }
    let size = set.pixelsPerImage
    var pixels = set.pixels
    for image in 0..<set.count {
      var random = SplitMix64(seed: seed, stream: Self.stream, UInt64(image))
      var bits: UInt64 = 0
      var bytesLeft = 0
      for index in image * size..<(image + 1) * size {
        let pixel = pixels[index]
        if pixel == 0 || pixel == 255 { continue }
        // A byte below 255 is uniform on 255 values, which makes the probability pixel / 255 exact.
        var draw: UInt8
        repeat {
          if bytesLeft == 0 {
            bits = random.next()
            bytesLeft = 8
          }
          draw = UInt8(truncatingIfNeeded: bits)
          bits >>= 8
          bytesLeft -= 1
        } while draw == 255
        pixels[index] = pixel > draw ? 255 : 0
      }
    }
    return try set.replacingPixels(pixels)
  }
}
