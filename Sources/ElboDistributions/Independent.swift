import Torch

/// A distribution whose last batch dimensions are made part of the event: independent pixels as one image.
///
/// log p(x) = the sum of the base's log p over those dimensions.
public struct Independent<Base: Distribution>: Distribution {
  /// The distribution of the parts.
  public let base: Base
  /// The number of batch dimensions that become event dimensions.
  public let reinterpretedDimensions: Int

  /// `base` with its last batch dimensions, all of them unless told, as event dimensions.
  public init(_ base: Base, reinterpreting dimensions: Int? = nil) {
    let available = base.batchShape.count
    self.base = base
    reinterpretedDimensions = dimensions ?? available
    precondition(
      (0...available).contains(reinterpretedDimensions),
      "\(reinterpretedDimensions) dimensions of the batch shape \(base.batchShape)")
  }

  /// The base's batch shape without its last dimensions.
  public var batchShape: Shape { base.batchShape.dropLast(reinterpretedDimensions) }
  /// Those dimensions and the base's event shape.
  public var eventShape: Shape { base.batchShape.suffix(reinterpretedDimensions) + base.eventShape }
  /// As the base is.
  public var isReparameterised: Bool { base.isReparameterised }

  /// The base's samples.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    base.sample(sampleShape, using: generator)
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor {
    base.logDensity(at: value, summingLast: reinterpretedDimensions)
  }
}

extension Independent: MeanDistribution where Base: MeanDistribution {
  /// The base's mean.
  public var mean: Tensor { base.mean }
}

extension Independent: VarianceDistribution where Base: VarianceDistribution {
  /// The base's variance.
  public var variance: Tensor { base.variance }
}

extension Independent: EntropyDistribution where Base: EntropyDistribution {
  /// The sum of the base's entropies over the reinterpreted dimensions.
  public var entropy: Tensor { base.entropy.summed(last: reinterpretedDimensions) }
}
