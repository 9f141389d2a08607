import Torch

/// Vectors from N(mean, diag(scale^2)): the last dimension of the parameters [..., d] is the event.
///
/// log p(x) = sum_i log N(x_i; mean_i, scale_i^2).
public struct DiagonalNormal: VarianceDistribution, EntropyDistribution {
  /// The elements' distributions, of batch shape batchShape + eventShape.
  public let elements: Normal

  /// The vectors whose elements are these numbers, with the last dimension of the batch as the event.
  public init(_ elements: Normal) {
    precondition(!elements.batchShape.isEmpty, "a vector needs parameters with a dimension")
    self.elements = elements
  }

  /// Members with these means and standard deviations (positive), which broadcast.
  public init(mean: Tensor, scale: Tensor) { self.init(Normal(mean: mean, scale: scale)) }

  /// Members with these means and logarithms of standard deviations, which broadcast.
  public init(mean: Tensor, logScale: Tensor) { self.init(Normal(mean: mean, logScale: logScale)) }

  /// Members with these means and logarithms of variances, which broadcast.
  public init(mean: Tensor, logVariance: Tensor) { self.init(Normal(mean: mean, logVariance: logVariance)) }

  /// Members with these means and one standard deviation.
  public init(mean: Tensor, scale: Double) { self.init(Normal(mean: mean, scale: scale)) }

  /// The mean: batchShape + eventShape.
  public var mean: Tensor { elements.mean }
  /// The standard deviations, in a shape that broadcasts to the mean's.
  public var scale: Tensor { elements.scale }
  /// The logarithms of the standard deviations, in a shape that broadcasts to the mean's.
  public var logScale: Tensor { elements.logScale }
  /// scale^2: batchShape + eventShape.
  public var variance: Tensor { elements.variance }

  /// The parameters' shape without its last dimension.
  public var batchShape: Shape { elements.batchShape.dropLast() }
  /// The parameters' last dimension.
  public var eventShape: Shape { elements.batchShape.suffix(1) }
  /// True: mean + scale e, e from N(0, I).
  public var isReparameterised: Bool { true }

  /// sum_i log scale_i + d log(2 pi e) / 2.
  public var entropy: Tensor { elements.entropy.summed(last: 1) }

  /// mean + scale e, e from N(0, I).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    elements.sample(sampleShape, using: generator)
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor { elements.logDensity(at: value, summingLast: 1) }
}
