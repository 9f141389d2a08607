import Torch

/// Vectors from N(mean, L L^T), L lower triangular with a positive diagonal.
///
/// log p(x) = -|L^-1 (x - mean)|^2 / 2 - sum_i log L_ii - d log(2 pi) / 2.
public struct FullCovarianceNormal: VarianceDistribution, EntropyDistribution {
  /// The mean: batchShape + [d].
  public let mean: Tensor
  /// L: batchShape + [d, d], or a shape that broadcasts to it.
  public let scaleTriangle: Tensor

  /// Members with these means [..., d] and factors L [..., d, d], whose batch dimensions broadcast. What is
  /// above L's diagonal is ignored.
  public init(mean: Tensor, scaleTriangle: Tensor) {
    let d = scaleTriangle.shape.last ?? 0
    precondition(
      scaleTriangle.rank >= 2 && scaleTriangle.size(-2) == d && mean.shape.last == d,
      "a mean of shape \(mean.shape) with a factor of shape \(scaleTriangle.shape)")
    self.mean = mean.broadcast(to: broadcastShape(mean.shape, scaleTriangle.shape.dropLast()))
    self.scaleTriangle = scaleTriangle.lowerTriangle()
  }

  /// Members with these means [..., d] and covariances [..., d, d], symmetric and positive definite.
  public init(mean: Tensor, covariance: Tensor) {
    self.init(mean: mean, scaleTriangle: covariance.cholesky())
  }

  /// The mean's shape without its last dimension.
  public var batchShape: Shape { mean.shape.dropLast() }
  /// [d].
  public var eventShape: Shape { mean.shape.suffix(1) }
  /// True: mean + L e, e from N(0, I).
  public var isReparameterised: Bool { true }

  /// L L^T: batchShape + [d, d].
  public var covariance: Tensor {
    scaleTriangle.matmul(scaleTriangle.transposed()).broadcast(to: mean.shape + eventShape)
  }
  /// The diagonal of L L^T.
  public var variance: Tensor { scaleTriangle.squared().summed(last: 1).broadcast(to: mean.shape) }

  /// log det L = sum_i log L_ii, in a shape that broadcasts to the batch's.
  var logDeterminant: Tensor { scaleTriangle.diagonal().log().summed(last: 1) }

  /// log det L + d log(2 pi e) / 2.
  public var entropy: Tensor {
    (logDeterminant + Double(mean.size(-1)) * (0.5 + halfLogTwoPi)).broadcast(to: batchShape)
  }

  /// L^-1 v for vectors [..., d].
  func whitened(_ vectors: Tensor) -> Tensor { scaleTriangle.solved(forVectors: vectors) }

  /// mean + L e, e from N(0, I).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let noise = Tensor.standardNormal(sampleShape + mean.shape, using: generator, type: mean.elementType)
    return mean + scaleTriangle.applied(toVectors: noise)
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor {
    let distance = whitened(value - mean).squared().summed(last: 1)
    return -Double(mean.size(-1)) * halfLogTwoPi - (distance * 0.5 + logDeterminant)
  }
}
