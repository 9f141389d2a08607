import Foundation

/// A small seeded generator whose numbers are the same on every machine and in every version.
///
/// SplitMix64: the state goes up by an odd constant, and a mixing function of it is the output; period 2^64.
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014), with the constants of
/// Vigna's reference implementation.
///
/// What is drawn from it here (`bounded`, `unit`, `normal`, `shuffle`) is written out rather than taken from
/// the standard library, whose algorithms may change between versions and would change every run with them.
public struct SplitMix64: RandomNumberGenerator, Sendable, Equatable {
  /// The counter that is mixed into the next output.
  public private(set) var state: UInt64

  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The generator of the reference implementation for `seed`.
  public init(seed: UInt64) {
    state = seed
  }

  /// One of many unrelated generators of a seed, named by numbers: what it is for, an epoch, an image.
  public init(seed: UInt64, stream: UInt64...) {
    var state = Self.mix(seed &+ Self.increment)
    for part in stream { state = Self.mix((state ^ part) &+ Self.increment) }
    self.state = state
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mix(state)
  }

  /// A number from 0 to `bound` - 1, each equally likely; `bound` must be positive.
  ///
  /// Source: Lemire, "Fast Random Integer Generation in an Interval" (2019).
  package mutating func bounded(_ bound: UInt64) -> UInt64 {
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// A number from 0 up to but not 1, of 53 random bits.
  package mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number from `range`, each equally likely.
  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + unit() * (range.upperBound - range.lowerBound)
  }

  /// A standard normal number, by Box and Muller's method.
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - unit())).squareRoot()
    return radius * cos(2 * .pi * unit())
  }

  /// Puts `values` in an order drawn evenly from all orders (Fisher and Yates).
  package mutating func shuffle<Element>(_ values: inout [Element]) {
    for last in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(last, Int(bounded(UInt64(last + 1))))
    }
  }
}
