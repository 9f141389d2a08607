import ElboDistributions
import Foundation
import Torch

/// Independent normal pixels around the decoder's outputs with one fixed standard deviation sigma:
/// -log p(x|z) = sum (x - y)^2 / (2 sigma^2) + features (log sigma + log(2 pi) / 2).
///
/// Up to the constant this is the squared error, weighted by 1 / (2 sigma^2).
public struct GaussianLikelihood: Likelihood {
  private let scale: Double

  /// A likelihood with this standard deviation.
  public init(scale: Double) { self.scale = scale }

  /// One mean a pixel.
  public var parametersPerFeature: Int { 1 }
  /// Every number.
  public var support: ClosedRange<Double> { -.infinity ... .infinity }

  /// The normal distributions of the pixels.
  public func distribution(given parameters: Tensor) -> any Distribution {
    DiagonalNormal(mean: parameters, logScale: Tensor.full(log(scale), shape: [], device: parameters.device))
  }

  /// |x - y|^2 = |x|^2 - 2 x y^T + |y|^2 for all pairs.
  public func logDensities(of x: Tensor, given parameters: Tensor) -> Tensor {
    let features = Double(x.size(1))
    let distance =
      x.squared().sum(over: [1], keeping: true) - x.matmul(parameters.transposed()) * 2
      + parameters.squared().sum(over: [1])
    return distance * (-1 / (2 * scale * scale)) - features * (log(scale) + 0.5 * log(2 * Double.pi))
  }

  /// The mean says all.
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] { [] }

  /// The decoder's outputs.
  public func mean(given parameters: Tensor) -> Tensor { parameters }

  /// The mean squared error of all pixels, scaled and moved.
  public func meanNegativeLogDensity(of x: Tensor, given parameters: Tensor) -> Tensor {
    let features = Double(x.size(1))
    return parameters.meanSquaredError(to: x) * (features / (2 * scale * scale))
      + features * (log(scale) + 0.5 * log(2 * Double.pi))
  }
}
