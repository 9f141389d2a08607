import ElboDistributions
import Foundation
import Torch

/// Independent pixels of 256 levels on [0, 1], each level with the mass that a logistic distribution puts on
/// its interval. Salimans et al. 2017, eq. 2; Kingma et al. 2016, section 4.1.
public struct DiscretisedLogisticLikelihood: Likelihood {
  /// A likelihood from means and log scales.
  public init() {}

  /// A mean and a log scale a pixel.
  public var parametersPerFeature: Int { 2 }
  /// The levels 0, 1/255, ..., 1.
  public var support: ClosedRange<Double> { 0...1 }

  /// The distributions of the pixels.
  public func distribution(given parameters: Tensor) -> any Distribution {
    Independent(elements(parameters), reinterpreting: 1)
  }

  /// "location" and "log_scale" of the logistic distributions: [n, features].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] {
    let elements = elements(parameters)
    return [NamedTensor("location", elements.mean), NamedTensor("log_scale", elements.logScale)]
  }

  /// The logistic distributions' means, brought into [0, 1].
  public func mean(given parameters: Tensor) -> Tensor { elements(parameters).mean.clamped(from: 0, to: 1) }

  private func elements(_ parameters: Tensor) -> DiscretisedLogistic {
    let (last, features) = (parameters.rank - 1, parameters.size(-1) / 2)
    // An untrained decoder starts at mid grey with a scale that reaches both ends.
    return DiscretisedLogistic(
      mean: parameters.narrowed(last, from: 0, length: features) + 0.5,
      logScale: (parameters.narrowed(last, from: features, length: features) - 2).clamped(from: -7))
  }
}
