import Torch

/// The squared Fréchet distance of the normal distributions with the means and covariances of two sets of
/// features,
///
///     |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)).
///
/// Dowson and Landau 1982; of features of samples and data: Heusel et al. 2017, eq. 6.
///
/// Bias: upwards, by a term of order 1/n that depends on the distributions (Chong and Forsyth 2020): compare
/// only at equal n. Features are not normal, so that 0 does not say that distributions are the same.
/// Variance: by resampling both sets.
package struct FrechetDistance {
  /// The squared distance.
  package let value: Double

  /// - Parameters: features [n, d] and [m, d].
  package init(_ a: Tensor, _ b: Tensor) { self.init(Self.moments(a), Self.moments(b)) }

  private init(_ a: Moments, _ b: Moments) {
    // The eigenvalues of S_a S_b are those of R^T S_b R, R R^T = S_a, which is symmetric.
    let root = a.covariance.cholesky()
    let product = root.transposed().matmul(b.covariance).matmul(root)
    let roots = product.symmetricEigenvalues().clamped(from: 0).sqrt().sum()
    let traces = a.covariance.diagonal().sum() + b.covariance.diagonal().sum()
    value = ((a.mean - b.mean).squared().sum() + traces - roots * 2).item()
  }

  private typealias Moments = (mean: Tensor, covariance: Tensor)

  private static func moments(_ features: Tensor) -> Moments {
    let x = features.converted(to: .float64)
    let mean = x.mean(over: [0])
    let centred = x - mean
    let covariance = centred.transposed().matmul(centred) / Double(x.size(0) - 1)
    // Features that never vary, or are sums of others, would leave no root.
    let ridge = Tensor.identity(x.size(1), type: .float64, device: x.device) * 1e-9
    return (mean, covariance + ridge)
  }

  /// The distance of two sets of equal size with its standard error by resamples of both.
  package static func estimate(_ a: Tensor, _ b: Tensor, resamples: Int = 50, seed: UInt64) -> Estimate {
    var bootstrap = Bootstrap(a.size(0), seed: seed)
    func drawn(_ features: Tensor) -> Tensor {
      let places = bootstrap.resample().map { Int64($0) }
      return features.gathered(Tensor(places, shape: [places.count]).moved(to: features.device))
    }
    var values: [Double] = []
    for _ in 0..<resamples { values.append(FrechetDistance(drawn(a), drawn(b)).value) }
    let mean = values.reduce(0, +) / Double(resamples)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return Estimate(
      value: FrechetDistance(a, b).value, standardError: (squares / Double(resamples - 1)).squareRoot(),
      count: a.size(0), unit: "squared feature units")
  }
}
