import Torch

/// Numbers from the uniform distribution on [low, high).
///
/// log p(x) = -log(high - low) for low <= x < high, minus infinity elsewhere.
public struct Uniform: VarianceDistribution, EntropyDistribution {
  /// The lower ends: batchShape.
  public let low: Tensor
  /// The upper ends: batchShape.
  public let high: Tensor

  /// Members on [low, high), which broadcast.
  ///
  /// - Precondition: low < high everywhere; this is not checked.
  public init(low: Tensor, high: Tensor) {
    let shape = broadcastShape(low.shape, high.shape)
    self.low = low.broadcast(to: shape)
    self.high = high.broadcast(to: shape)
  }

  /// The parameters' shape.
  public var batchShape: Shape { low.shape }
  /// Numbers.
  public var eventShape: Shape { [] }
  /// True: low + (high - low) u, u uniform on [0, 1).
  public var isReparameterised: Bool { true }

  /// (low + high) / 2.
  public var mean: Tensor { (low + high) * 0.5 }
  /// (high - low)^2 / 12.
  public var variance: Tensor { (high - low).squared() / 12 }
  /// log(high - low).
  public var entropy: Tensor { (high - low).log() }

  /// low + (high - low) u, u uniform on [0, 1).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let draws = Tensor.uniform(sampleShape + batchShape, using: generator, type: low.elementType)
    return low + (high - low) * draws
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor {
    let inside = value.isLess(than: low).logicalNot().logicalAnd(value.isLess(than: high))
    let level = -(high - low).log()
    let outside = Tensor.full(-.infinity, shape: [], type: level.elementType, device: level.device)
    return inside.select(level, otherwise: outside)
  }
}
