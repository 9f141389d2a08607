import Torch

/// A probability distribution over tensors: `batchShape` independent members, each over events of
/// `eventShape`.
///
/// Densities are natural logarithms, in nats, with respect to Lebesgue measure for real events and to
/// counting measure for discrete ones. Parameters and values are of one floating-point type and on one
/// device. Values broadcast against the batch shape as in PyTorch, so `logDensity(at:)` also takes a value
/// with fewer dimensions than the batch has.
public protocol Distribution {
  /// The shape of the members, which may have different parameters.
  var batchShape: Shape { get }

  /// The shape of one event; empty where events are numbers.
  var eventShape: Shape { get }

  /// Whether samples are differentiable functions of the parameters. Where not, samples carry no gradients.
  var isReparameterised: Bool { get }

  /// Independent draws from every member: sampleShape + batchShape + eventShape.
  func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor

  /// log p(value) in nats: sampleShape + batchShape, for values of sampleShape + batchShape + eventShape.
  func logDensity(at value: Tensor) -> Tensor

  /// `logDensity(at:)` summed over the last `dimensions` dimensions of the batch. A requirement only so that
  /// a distribution can sum at an earlier stage, where that saves passes over the elements.
  func logDensity(at value: Tensor, summingLast dimensions: Int) -> Tensor
}

extension Distribution {
  /// One draw from every member: batchShape + eventShape.
  public func sample(using generator: Generator) -> Tensor { sample([], using: generator) }

  /// `logDensity(at:)`, then a sum.
  public func logDensity(at value: Tensor, summingLast dimensions: Int) -> Tensor {
    logDensity(at: value).summed(last: dimensions)
  }
}

/// A distribution whose mean has a closed form.
public protocol MeanDistribution: Distribution {
  /// E x: batchShape + eventShape.
  var mean: Tensor { get }
}

/// A distribution whose elementwise variance has a closed form.
public protocol VarianceDistribution: MeanDistribution {
  /// E (x - E x)^2, element by element: batchShape + eventShape.
  var variance: Tensor { get }
}

/// A distribution whose entropy has a closed form.
public protocol EntropyDistribution: Distribution {
  /// -E log p(x) in nats: batchShape.
  var entropy: Tensor { get }
}
