import Foundation

/// How far one run's figure is from another's.
public struct RunDifference: Sendable, Codable, Hashable {
  /// The second figure less the first.
  public let value: Double
  /// The standard deviation of `value` over repetitions with other examples.
  public let standardError: Double
  /// The lower end of the interval.
  public let low: Double
  /// The upper end of the interval.
  public let high: Double
  /// The share of such intervals that hold the true difference.
  public let level: Double
  /// Whether the same examples were compared one by one. Where not, the figures are taken as independent,
  /// which makes the interval too wide where they share examples.
  public let isPaired: Bool
  /// The number of examples compared; of figures that are no means of examples, the smaller count.
  public let count: Int

  /// Whether the interval leaves 0 out.
  public var isClear: Bool { low > 0 || high < 0 }

  /// The mean over the same examples of b - a, with the middle 95 % of 2000 resamples of them: `Bootstrap`.
  /// What examples have in common cancels, so that the interval is narrower than those of the two means.
  ///
  /// Bias: none of the mean. Variance: over examples; that of training with another seed is not in it.
  init(from a: [Double], to b: [Double], seed: UInt64) {
    let mean = Estimate(meanOf: zip(a, b).map { $1 - $0 }, unit: "")
    let interval = Bootstrap.interval(ofMean: zip(a, b).map { $1 - $0 }, level: Self.level, seed: seed)
    (value, standardError, count) = (mean.value, mean.standardError, mean.count)
    (low, high, level, isPaired) = (interval.lowerBound, interval.upperBound, Self.level, true)
  }

  /// The difference of two figures taken as independent and normal.
  init(from a: Estimate, to b: Estimate) {
    value = b.value - a.value
    standardError = (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot()
    // 1.96 standard deviations on both sides hold 95 % of a normal distribution.
    (low, high) = (value - 1.959_964 * standardError, value + 1.959_964 * standardError)
    (level, isPaired, count) = (Self.level, false, min(a.count, b.count))
  }

  private static let level = 0.95
}
