import Foundation
import Torch

/// The largest distance of two empirical distribution functions, sup |F_n - G_m|: Kolmogorov and Smirnov's
/// statistic of two samples, by dimension.
///
/// Bias: upwards; for equal distributions it is about .87 (1/n + 1/m)^(1/2). Variance: of order 1/n + 1/m;
/// the p-value says what that leaves of it.
package struct KolmogorovSmirnov {
  /// The statistic of each dimension.
  package let statistics: [Double]
  /// The probability of a statistic at least as large in one dimension, if the distributions were the same:
  /// by the limit of many samples, Q(lambda) = 2 sum_k (-1)^(k-1) exp(-2 k^2 lambda^2), lambda = D (n m / (n
  /// + m))^(1/2). Smirnov 1948; `scipy.stats.ks_2samp` gives the same to three digits for a thousand samples.
  package let pValues: [Double]

  /// The dimension where the distributions differ most.
  package var worst: Int { statistics.indices.max { statistics[$0] < statistics[$1] }! }

  /// The probability that any dimension looks as bad as the worst: Bonferroni's bound over the dimensions.
  package var pValue: Double { min(1, pValues.min()! * Double(pValues.count)) }

  /// Compares samples [n, d] and [m, d].
  package init(_ x: Tensor, _ y: Tensor) {
    let (n, m) = (Double(x.size(0)), Double(y.size(0)))
    statistics = (0..<x.size(1)).map { dimension in
      func column(_ z: Tensor) -> [Double] {
        z.selected(1, at: dimension).converted(to: .float64).values(as: Double.self).sorted()
      }
      return Self.largestDistance(column(x), column(y))
    }
    pValues = statistics.map { Self.survival($0 * (n * m / (n + m)).squareRoot()) }
  }

  private static func largestDistance(_ a: [Double], _ b: [Double]) -> Double {
    var (i, j, largest) = (0, 0, 0.0)
    while i < a.count && j < b.count {
      let value = min(a[i], b[j])
      // Equal values are passed together.
      while i < a.count, a[i] <= value { i += 1 }
      while j < b.count, b[j] <= value { j += 1 }
      largest = max(largest, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
    }
    return largest
  }

  private static func survival(_ lambda: Double) -> Double {
    // The series converges too slowly where its value is 1 to ten digits.
    guard lambda > 0.2 else { return 1 }
    var sum = 0.0
    for k in 1...100 {
      let term = exp(-2 * Double(k * k) * lambda * lambda)
      sum += k.isMultiple(of: 2) ? -term : term
      if term < 1e-16 { break }
    }
    return min(1, max(0, 2 * sum))
  }
}
