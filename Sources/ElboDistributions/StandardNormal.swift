import Torch

/// Vectors from N(0, I): the prior of most latent spaces. One member, so its batch shape is empty.
///
/// log p(x) = -|x|^2 / 2 - d log(2 pi) / 2.
public struct StandardNormal: VarianceDistribution, EntropyDistribution, Sendable {
  /// The number d of elements of a vector.
  public let dimension: Int
  /// The type of the samples' elements.
  public let elementType: ElementType
  /// Where mean, variance and entropy live; samples live where their generator does.
  public let device: Device

  /// The distribution of vectors of this length.
  public init(dimension: Int, type: ElementType = .float32, device: Device = .cpu) {
    self.dimension = dimension
    elementType = type
    self.device = device
  }

  /// One member.
  public var batchShape: Shape { [] }
  /// [d].
  public var eventShape: Shape { [dimension] }
  /// True, as there is no parameter.
  public var isReparameterised: Bool { true }

  /// Zeros [d].
  public var mean: Tensor { Tensor.zeros([dimension], type: elementType, device: device) }
  /// Ones [d].
  public var variance: Tensor { Tensor.ones([dimension], type: elementType, device: device) }
  /// d log(2 pi e) / 2.
  public var entropy: Tensor {
    let value = Double(dimension) * (0.5 + halfLogTwoPi)
    return Tensor.full(value, shape: [], type: elementType, device: device)
  }

  /// The same distribution, with parameters.
  public var diagonal: DiagonalNormal {
    DiagonalNormal(mean: mean, logScale: Tensor.zeros([dimension], type: elementType, device: device))
  }

  /// Draws from N(0, I).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    Tensor.standardNormal(sampleShape + eventShape, using: generator, type: elementType)
  }

  /// See the type.
  ///
  /// - Precondition: the values' last dimension is d.
  public func logDensity(at value: Tensor) -> Tensor {
    precondition(value.shape.last == dimension, "values of shape \(value.shape) for \(dimension) dimensions")
    return value.squared().summed(last: 1) * -0.5 - Double(dimension) * halfLogTwoPi
  }
}
