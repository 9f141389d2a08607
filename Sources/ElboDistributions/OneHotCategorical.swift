import Torch

/// One-hot vectors [k] of floating-point numbers, with the 1 in place i with probability proportional to
/// e^logits_i: `Categorical` in a form that networks take.
///
/// log p(x) = sum_i x_i log p_i, which is also taken at soft labels: the negative cross-entropy.
public struct OneHotCategorical: VarianceDistribution, EntropyDistribution {
  /// The distribution of the place of the 1.
  public let index: Categorical

  /// The one-hot vectors of these indices.
  public init(_ index: Categorical) { self.index = index }

  /// Members with these logits [..., k].
  public init(logits: Tensor) { self.init(Categorical(logits: logits)) }

  /// The logits' shape without its last dimension.
  public var batchShape: Shape { index.batchShape }
  /// [k].
  public var eventShape: Shape { [index.categories] }
  /// False: samples are discrete.
  public var isReparameterised: Bool { false }

  /// p.
  public var mean: Tensor { index.probabilities }
  /// p (1 - p), place by place.
  public var variance: Tensor {
    let p = index.probabilities
    return p * (1 - p)
  }
  /// -sum_i p_i log p_i.
  public var entropy: Tensor { index.entropy }

  /// One-hot vectors.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let places = index.sample(sampleShape, using: generator)
    return places.oneHot(classes: index.categories).converted(to: index.logProbabilities.elementType)
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor { (value * index.logProbabilities).summed(last: 1) }
}
