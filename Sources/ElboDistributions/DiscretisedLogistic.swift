import Foundation
import Torch

/// A logistic distribution on the levels 0, 1/255, ..., 1: each has the mass of its interval, the ends those
/// of their tails.
///
/// P(x) = sigmoid((x + h - mu) / s) - sigmoid((x - h - mu) / s), h = 1/510. Salimans et al. 2017, eq. 2.
public struct DiscretisedLogistic: Distribution {
  /// The logistic distribution's mean.
  public let mean: Tensor
  /// log s.
  public let logScale: Tensor
  private let half = 0.5 / 255

  /// A distribution of scalar events with the batch shape of both parameters.
  public init(mean: Tensor, logScale: Tensor) {
    self.mean = mean
    self.logScale = logScale
  }

  /// The shape of the parameters.
  public var batchShape: Shape { mean.shape }
  /// Scalars.
  public var eventShape: Shape { [] }
  /// Levels are discrete.
  public var isReparameterised: Bool { false }

  /// Levels, by rounding draws of the logistic distribution.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    withoutGradients {
      let u = Tensor.uniform(sampleShape + batchShape, using: generator).clamped(from: 1e-6, to: 1 - 1e-6)
      let x = mean + logScale.exp() * (u.log() - (1 - u).log())
      return (x.clamped(from: 0, to: 1) * 255).round() / 255
    }
  }

  /// log P(x), in nats: sampleShape + batchShape.
  public func logDensity(at value: Tensor) -> Tensor {
    let inverse = (-logScale).exp()
    let centred = value - mean
    let upper = (centred + half) * inverse
    let lower = (centred - half) * inverse
    // log(sigmoid(u) - sigmoid(l)) = log sigmoid(u) + log sigmoid(-l) + log(1 - e^-(u - l)): no difference of
    // near equals.
    let width = inverse * (2 * half)
    let inside = upper.logSigmoid() + (-lower).logSigmoid() + (1 - (-width).exp()).log()
    let black = upper.logSigmoid()
    let white = (-lower).logSigmoid()
    return value.isLess(than: 0.5 / 255).select(
      black, otherwise: value.isGreater(than: 1 - 0.5 / 255).select(white, otherwise: inside))
  }
}
