/// The least and the greatest of some numbers, and whether all are finite.
struct FloatBounds {
  private(set) var low = Float.infinity
  private(set) var high = -Float.infinity
  /// Whether one of them is NaN or infinite.
  private(set) var isUnsound = false

  init() {}

  init(_ range: ClosedRange<Double>) { (low, high) = (Float(range.lowerBound), Float(range.upperBound)) }

  init(_ values: UnsafePointer<Float>, count: Int) {
    var (lows, highs) = (SIMD8<Float>(repeating: .infinity), SIMD8<Float>(repeating: -.infinity))
    // x - x is 0, or NaN where x is none or infinite.
    var spoilt = SIMD8<Float>()
    var index = 0
    while index + 8 <= count {
      let part = UnsafeRawPointer(values + index).loadUnaligned(as: SIMD8<Float>.self)
      lows.replace(with: part, where: part .< lows)
      highs.replace(with: part, where: part .> highs)
      spoilt += part - part
      index += 8
    }
    (low, high) = (lows.min(), highs.max())
    isUnsound = spoilt != SIMD8<Float>()
    for place in index..<count {
      (low, high) = (Swift.min(low, values[place]), Swift.max(high, values[place]))
      isUnsound = isUnsound || !values[place].isFinite
    }
  }

  mutating func join(_ other: FloatBounds) {
    (low, high) = (Swift.min(low, other.low), Swift.max(high, other.high))
    isUnsound = isUnsound || other.isUnsound
  }
}
