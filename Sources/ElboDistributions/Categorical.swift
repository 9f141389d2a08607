import Torch

/// Integers 0 ..< k (int64), i with probability proportional to e^logits_i.
///
/// log p(i) = logits_i - log sum_j e^logits_j.
public struct Categorical: EntropyDistribution {
  /// log p: batchShape + [k].
  public let logProbabilities: Tensor

  /// Members with these logits [..., k].
  public init(logits: Tensor) {
    precondition(logits.rank >= 1, "logits need a dimension of categories")
    logProbabilities = logits.logSoftmax(over: -1)
  }

  /// Members with probabilities proportional to these weights [..., k], none negative and not all 0.
  public init(weights: Tensor) { self.init(logits: weights.log()) }

  /// The number k of categories.
  public var categories: Int { logProbabilities.size(-1) }
  /// p: batchShape + [k].
  public var probabilities: Tensor { logProbabilities.exp() }

  /// The logits' shape without its last dimension.
  public var batchShape: Shape { logProbabilities.shape.dropLast() }
  /// Numbers.
  public var eventShape: Shape { [] }
  /// False: samples are discrete.
  public var isReparameterised: Bool { false }

  /// -sum_i p_i log p_i.
  public var entropy: Tensor {
    // Where p underflows to 0 its logarithm may be infinite; p log p is 0.
    -(probabilities * logProbabilities.clamped(from: -1e4)).summed(last: 1)
  }

  /// Indices (int64).
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    withoutGradients {
      let members = probabilities.reshaped([-1, categories])
      let draws = Tensor.categorical(weights: members, count: sampleShape.reduce(1, *), using: generator)
      return draws.transposed(0, 1).reshaped(sampleShape + batchShape)
    }
  }

  /// See the type; `value` holds indices (int64).
  public func logDensity(at value: Tensor) -> Tensor {
    let shape = broadcastShape(value.shape, batchShape)
    let table = logProbabilities.broadcast(to: shape + [categories])
    let indices = value.broadcast(to: shape).unsqueezed(-1)
    return table.gatheredElements(indices, over: -1).squeezed(-1)
  }
}
