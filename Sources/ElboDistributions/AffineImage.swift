import Torch

/// Vectors y = shift + L x with x from another distribution, L lower triangular with a positive diagonal.
///
/// log p(y) = log p_base(L^-1 (y - shift)) - sum_i log L_ii.
public struct AffineImage<Base: Distribution>: Distribution {
  /// The distribution of x: batch shape [], event shape [d].
  public let base: Base
  /// [d].
  public let shift: Tensor
  /// L: [d, d].
  public let scaleTriangle: Tensor

  /// The image of one distribution of vectors. What is above L's diagonal is ignored.
  public init(of base: Base, shift: Tensor, scaleTriangle: Tensor) {
    let d = base.eventShape
    precondition(
      base.batchShape.isEmpty && d.count == 1 && shift.shape == d && scaleTriangle.shape == d + d,
      "a shift of shape \(shift.shape) and a factor of shape \(scaleTriangle.shape) for events of shape \(d)")
    self.base = base
    self.shift = shift
    self.scaleTriangle = scaleTriangle.lowerTriangle()
  }

  /// One member.
  public var batchShape: Shape { [] }
  /// [d].
  public var eventShape: Shape { base.eventShape }
  /// As the base is.
  public var isReparameterised: Bool { base.isReparameterised }

  /// The base's samples, moved.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    shift + scaleTriangle.applied(toVectors: base.sample(sampleShape, using: generator))
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor {
    base.logDensity(at: scaleTriangle.solved(forVectors: value - shift))
      - scaleTriangle.diagonal().log().sum()
  }
}
