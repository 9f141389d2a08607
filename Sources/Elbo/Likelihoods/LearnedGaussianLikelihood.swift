import ElboDistributions
import Torch

/// Independent normal pixels whose means and log standard deviations the decoder both gives. Kingma and
/// Welling 2014, appendix C.2.
public struct LearnedGaussianLikelihood: Likelihood {
  /// The least log standard deviation: without one, a pixel that never varies has a likelihood without bound.
  private let floor = -6.0

  /// A likelihood from means and log standard deviations.
  public init() {}

  /// A mean and a log standard deviation a pixel.
  public var parametersPerFeature: Int { 2 }
  /// Every number.
  public var support: ClosedRange<Double> { -.infinity ... .infinity }

  /// The normal distributions of the pixels; log sigma is floor + softplus(output - floor).
  public func distribution(given parameters: Tensor) -> any Distribution {
    DiagonalNormal(mean: mean(given: parameters), logScale: logScale(parameters))
  }

  private func logScale(_ parameters: Tensor) -> Tensor {
    let features = parameters.size(-1) / 2
    let raw = parameters.narrowed(parameters.rank - 1, from: features, length: features)
    return (raw - floor).softplus() + floor
  }

  /// "log_scale" log sigma: [n, features].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] {
    [NamedTensor("log_scale", logScale(parameters))]
  }

  /// The first half of the decoder's outputs.
  public func mean(given parameters: Tensor) -> Tensor {
    parameters.narrowed(parameters.rank - 1, from: 0, length: parameters.size(-1) / 2)
  }
}
