import Foundation
import Torch

/// log(2 pi) / 2.
let halfLogTwoPi = 0.5 * log(2 * Double.pi)

/// Numbers from N(mean, scale^2).
///
/// log p(x) = -((x - mean) / scale)^2 / 2 - log scale - log(2 pi) / 2. The spread is kept in the form it is
/// given in, so that a network that puts out log scales pays for no logarithm of an exponential.
public struct Normal: VarianceDistribution, EntropyDistribution {
  private enum Form { case scale, logScale, logVariance }

  /// The mean: batchShape.
  public let mean: Tensor
  private let spread: Tensor
  private let form: Form

  private init(mean: Tensor, spread: Tensor, form: Form) {
    // The spread may stay smaller: one scale for all pixels then costs one logarithm.
    self.mean = mean.broadcast(to: broadcastShape(mean.shape, spread.shape))
    self.spread = spread
    self.form = form
  }

  /// Members with these means and standard deviations (positive), which broadcast.
  public init(mean: Tensor, scale: Tensor) { self.init(mean: mean, spread: scale, form: .scale) }

  /// Members with these means and logarithms of standard deviations, which broadcast.
  public init(mean: Tensor, logScale: Tensor) { self.init(mean: mean, spread: logScale, form: .logScale) }

  /// Members with these means and logarithms of variances, which broadcast.
  public init(mean: Tensor, logVariance: Tensor) {
    self.init(mean: mean, spread: logVariance, form: .logVariance)
  }

  /// Members with these means and one standard deviation.
  public init(mean: Tensor, scale: Double) {
    let scale = Tensor.full(scale, shape: [], type: mean.elementType, device: mean.device)
    self.init(mean: mean, scale: scale)
  }

  /// The standard deviation, in a shape that broadcasts to the mean's.
  public var scale: Tensor {
    switch form {
    case .scale: spread
    case .logScale: spread.exp()
    case .logVariance: (spread * 0.5).exp()
    }
  }

  /// The logarithm of the standard deviation, in a shape that broadcasts to the mean's.
  public var logScale: Tensor {
    switch form {
    case .scale: spread.log()
    case .logScale: spread
    case .logVariance: spread * 0.5
    }
  }

  /// The variance and its logarithm, in shapes that broadcast to the mean's.
  var varianceAndLogarithm: (variance: Tensor, logarithm: Tensor) {
    switch form {
    case .scale: return (spread.squared(), spread.log() * 2)
    case .logVariance: return (spread.exp(), spread)
    case .logScale:
      let logarithm = spread * 2
      return (logarithm.exp(), logarithm)
    }
  }

  /// The mean's shape.
  public var batchShape: Shape { mean.shape }
  /// Numbers.
  public var eventShape: Shape { [] }
  /// True: mean + scale e, e from N(0, 1).
  public var isReparameterised: Bool { true }

  /// scale^2.
  public var variance: Tensor {
    let squared = form == .scale ? spread.squared() : varianceAndLogarithm.variance
    return squared.broadcast(to: batchShape)
  }

  /// log scale + log(2 pi e) / 2.
  public var entropy: Tensor { (logScale + (0.5 + halfLogTwoPi)).broadcast(to: batchShape) }

  /// mean + scale e, e from N(0, 1).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let noise = Tensor.standardNormal(sampleShape + batchShape, using: generator, type: mean.elementType)
    return mean + scale * noise
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor { logDensity(at: value, summingLast: 0) }

  /// See `Distribution`; the constant is added once, after the sum.
  public func logDensity(at value: Tensor, summingLast dimensions: Int) -> Tensor {
    let energy = ((value - mean) / scale).squared() * 0.5 + logScale
    let terms = batchShape.suffix(dimensions).reduce(1, *)
    return -Double(terms) * halfLogTwoPi - energy.summed(last: dimensions)
  }
}
