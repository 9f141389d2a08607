import Torch

/// Events from one of k components, component i with probability w_i proportional to e^logits_i.
///
/// log p(x) = log sum_i w_i p_i(x). The last batch dimension of `components` is the component.
public struct Mixture<Component: Distribution>: Distribution {
  /// The distribution of the component's index: log w_i is its `logProbabilities`, batchShape + [k].
  public let index: Categorical
  /// The components, of batch shape batchShape + [k].
  public let components: Component

  /// Mixtures of components with these logits, which broadcast to the components' batch shape.
  public init(logits: Tensor, components: Component) {
    precondition(!components.batchShape.isEmpty, "the components need a batch dimension")
    index = Categorical(logits: logits.broadcast(to: components.batchShape))
    self.components = components
  }

  /// Mixtures with weights proportional to these, which broadcast to the components' batch shape.
  public init(weights: Tensor, components: Component) {
    self.init(logits: weights.log(), components: components)
  }

  /// The components' batch shape without its last dimension.
  public var batchShape: Shape { components.batchShape.dropLast() }
  /// The components' event shape.
  public var eventShape: Shape { components.eventShape }
  /// False: the choice of a component is discrete.
  public var isReparameterised: Bool { false }

  /// A draw from every component, of which one is kept.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    withoutGradients {
      let chosen = index.sample(sampleShape, using: generator)
      let draws = components.sample(sampleShape, using: generator)
      let place = chosen.rank
      let ones = Shape(repeating: 1, count: 1 + eventShape.count)
      let indices = chosen.reshaped(chosen.shape + ones).expanded(to: chosen.shape + [1] + eventShape)
      return draws.gatheredElements(indices, over: place).squeezed(place)
    }
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor {
    let perComponent = components.logDensity(at: value.unsqueezed(value.rank - eventShape.count))
    return (perComponent + index.logProbabilities).logSumExp(over: [-1])
  }

  /// sum_i w_i a_i for `a` of shape batchShape + [k] + eventShape.
  private func average(_ a: Tensor) -> Tensor {
    let ones = Shape(repeating: 1, count: eventShape.count)
    let weights = index.probabilities
    return (weights.reshaped(weights.shape + ones) * a).sum(over: [weights.rank - 1])
  }
}

extension Mixture: MeanDistribution where Component: MeanDistribution {
  /// sum_i w_i E_i x.
  public var mean: Tensor { average(components.mean) }
}

extension Mixture: VarianceDistribution where Component: VarianceDistribution {
  /// sum_i w_i (Var_i x + (E_i x - E x)^2).
  public var variance: Tensor {
    let deviation = components.mean - mean.unsqueezed(batchShape.count)
    return average(components.variance + deviation.squared())
  }
}
