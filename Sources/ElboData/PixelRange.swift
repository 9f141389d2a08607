/// The interval that bytes of pixels are scaled to.
public enum PixelRange: String, Codable, Sendable, CaseIterable {
  /// [0, 1]
  case unit
  /// [-1, 1]
  case symmetric

  /// The ends of the interval.
  public var bounds: ClosedRange<Double> { self == .unit ? 0...1 : -1...1 }

  /// Writes `count` pixels as numbers, rounded as libtorch rounds x / 255 and x / 255 * 2 - 1.
  func scale(_ pixels: UnsafePointer<UInt8>, count: Int, into numbers: UnsafeMutablePointer<Float>) {
    let factor = Float(1.0 / 255)
    switch self {
    case .unit: for index in 0..<count { numbers[index] = Float(pixels[index]) * factor }
    case .symmetric: for index in 0..<count { numbers[index] = Float(pixels[index]) * factor * 2 - 1 }
    }
  }
}
