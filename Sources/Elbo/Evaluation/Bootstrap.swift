import ElboData
import Foundation

/// Resamples of n examples, drawn with replacement: how much a figure varies from one set of examples to
/// another. Efron 1979.
///
/// Bias: the spread of a mean comes out too small by the factor (1 - 1/n)^(1/2). Variance: that of a standard
/// error by B resamples is its square over 2B.
package struct Bootstrap {
  private var random: SplitMix64
  private let count: Int

  /// Resamples of `count` examples; a seed gives the same ones.
  package init(_ count: Int, seed: UInt64) {
    self.count = count
    random = SplitMix64(seed: seed, stream: 0x626F_6F74)  // "boot"
  }

  /// The places of the examples of one more resample.
  package mutating func resample() -> [Int] {
    (0..<count).map { _ in Int(random.bounded(UInt64(count))) }
  }

  /// The standard deviation of a statistic over resamples.
  package mutating func standardError(
    _ resamples: Int, _ statistic: (_ places: [Int]) throws -> Double
  ) rethrows -> Double {
    let values = try (0..<resamples).map { _ in try statistic(resample()) }
    let mean = values.reduce(0, +) / Double(resamples)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(resamples - 1)).squareRoot()
  }

  /// Where the mean of `values` lies in the middle `level` of resamples, by percentiles: the share of
  /// intervals that hold the true mean is that level but for terms of order n^(-1/2). Efron and Tibshirani
  /// 1993, chapter 13.
  package static func interval(
    ofMean values: [Double], level: Double = 0.95, resamples: Int = 2000, seed: UInt64
  ) -> ClosedRange<Double> {
    var bootstrap = Bootstrap(values.count, seed: seed)
    let means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[Int(bootstrap.random.bounded(UInt64(values.count)))] }
      return sum / Double(values.count)
    }.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(resamples - 1)
      let below = Int(place)
      let above = min(below + 1, resamples - 1)
      return means[below] + (place - Double(below)) * (means[above] - means[below])
    }
    return quantile((1 - level) / 2)...quantile((1 + level) / 2)
  }
}
