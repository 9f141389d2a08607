import ElboData
import Foundation
import Torch

/// The latent dimensions that an encoder uses: those whose posterior mean varies over examples, Var_x
/// E[z_d|x] > .01. Burda, Grosse and Salakhutdinov 2016, section 5.2.
///
/// Bias: a variance near the threshold counts or does not; where means are averages of draws, their noise
/// adds to it. Variance: by resampling examples.
package struct ActiveUnits {
  /// Var_x E[z_d|x] of each dimension.
  package let variances: [Double]
  /// The count, with its standard error.
  package let estimate: Estimate

  /// The variance above which a dimension is active.
  package static let threshold = 0.01

  /// - Parameter means: posterior means [n, d].
  package init(means: Tensor, seed: UInt64) {
    let n = means.size(0)
    let precise = means.converted(to: .float64)
    let centred = precise - precise.mean(over: [0])
    func variances(_ rows: Tensor) -> [Double] {
      rows.variance(over: [0]).values(as: Double.self)
    }
    func active(_ variances: [Double]) -> Double { Double(variances.count { $0 > Self.threshold }) }
    self.variances = variances(centred)
    var bootstrap = Bootstrap(n, seed: seed)
    let error = bootstrap.standardError(100) { places in
      let rows = Tensor(places.map(Int64.init), shape: [n]).moved(to: means.device)
      return active(variances(centred.gathered(rows)))
    }
    estimate = Estimate(value: active(self.variances), standardError: error, count: n, unit: "dimensions")
  }
}
