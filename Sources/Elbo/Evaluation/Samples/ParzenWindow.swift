import Foundation
import Torch

/// The log density of examples under a Gaussian window around each of m samples of a model,
///
///     log p(x) = log 1/m sum_j N(x; y_j, width^2 I).
///
/// Breuleux, Bengio and Vincent 2011; Goodfellow et al. 2014, table 1; Makhzani et al. 2015, table 1.
///
/// Bias: downwards in many dimensions, where 10,000 samples leave most of space empty: it can rank a model
/// that repeats training examples above one whose samples are better, and is no substitute for a likelihood
/// (Theis et al. 2016). Variance: over examples, and of the samples, which the standard error leaves out.
package struct ParzenWindow {
  private let samples: Tensor
  private let squares: Tensor

  /// - Parameter samples: [m, features].
  package init(_ samples: Tensor) {
    self.samples = samples.converted(to: .float64)
    squares = self.samples.squared().sum(over: [1])
  }

  /// log p of each example [n, features], in nats, for each width: widths by examples.
  package func logDensities(
    of x: Tensor, widths: [Double], progress: (Double) -> Void = { _ in }
  ) -> [[Double]] {
    let (n, m, d) = (x.size(0), Double(samples.size(0)), Double(samples.size(1)))
    var found = [[Double]](repeating: [], count: widths.count)
    // Strips that a processor's cache holds: every width passes over them.
    for start in stride(from: 0, to: n, by: 50) {
      let length = min(50, n - start)
      let rows = x.narrowed(0, from: start, length: length).converted(to: .float64)
      let distances =
        (rows.squared().sum(over: [1], keeping: true) + squares - rows.matmul(samples.transposed()) * 2)
        .clamped(from: 0)
      for (place, width) in widths.enumerated() {
        let exponents = (distances * (-0.5 / (width * width))).logSumExp(over: [1])
        let constant = -log(m) - d / 2 * log(2 * Double.pi * width * width)
        found[place] += (exponents + constant).values(as: Double.self)
      }
      progress(Double(start + length) / Double(n))
    }
    return found
  }

  /// The width from .02 to 2 under which examples that are neither samples nor judged are most likely, to 2 %, by
  /// grids that get finer: a width that is off by a tenth costs several nats in hundreds of dimensions.
  package func bestWidth(for examples: Tensor, progress: (Double) -> Void = { _ in }) -> Double {
    var (middle, step) = (0.2, 10.0)
    for (round, divisions) in [6, 4, 4].enumerated() {
      step = pow(step, 1 / Double(divisions))
      let widths = (-divisions...divisions).map { middle * pow(step, Double($0)) }
      let means = logDensities(of: examples, widths: widths).map { $0.reduce(0, +) }
      middle = zip(widths, means).max { $0.1 < $1.1 }!.0
      progress(Double(round + 1) / 3)
    }
    return middle
  }
}
