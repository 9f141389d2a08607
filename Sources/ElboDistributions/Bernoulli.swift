import Torch

/// Numbers 0 and 1 (as floating-point numbers); 1 with probability p = sigmoid(logits), or, clipped by c,
/// p = c + (1 - 2 c) sigmoid(logits).
///
/// log p(x) = x log p + (1 - x) log(1 - p), which is also taken at grey values x in [0, 1]: the negative
/// cross-entropy. Finite for all finite logits.
public struct Bernoulli: VarianceDistribution, EntropyDistribution {
  /// log(s / (1 - s)), s = sigmoid(logits): batchShape. Unclipped, s is p.
  public let logits: Tensor
  /// c: the distance of the probabilities from 0 and 1.
  public let clip: Double

  /// Members with these logits, clipped by c.
  ///
  /// - Precondition: 0 <= c < 1/2.
  public init(logits: Tensor, clippedBy clip: Double = 0) {
    precondition(clip >= 0 && clip < 0.5, "probabilities clipped by \(clip)")
    self.logits = logits
    self.clip = clip
  }

  /// The logits' shape.
  public var batchShape: Shape { logits.shape }
  /// Numbers.
  public var eventShape: Shape { [] }
  /// False: samples are discrete.
  public var isReparameterised: Bool { false }

  private func clipped(_ probability: Tensor) -> Tensor {
    clip == 0 ? probability : probability * (1 - 2 * clip) + clip
  }

  /// p.
  public var mean: Tensor { clipped(logits.sigmoid()) }
  /// 1 - p, exact also where p rounds to 1.
  var complement: Tensor { clipped((-logits).sigmoid()) }
  /// log p and log(1 - p).
  var logProbabilities: (one: Tensor, zero: Tensor) {
    clip == 0
      ? (logits.logSigmoid(), (-logits).logSigmoid()) : (mean.log(), complement.log())
  }

  /// p (1 - p).
  public var variance: Tensor { mean * complement }

  /// -p log p - (1 - p) log(1 - p).
  public var entropy: Tensor {
    let logs = logProbabilities
    return -(mean * logs.one + complement * logs.zero)
  }

  /// Zeros and ones.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    withoutGradients {
      Tensor.bernoulli(mean.broadcast(to: sampleShape + batchShape), using: generator)
    }
  }

  /// See the type.
  public func logDensity(at value: Tensor) -> Tensor { logDensity(at: value, summingLast: 0) }

  /// See `Distribution`; without clipping, one fused cross-entropy and one sum.
  public func logDensity(at value: Tensor, summingLast dimensions: Int) -> Tensor {
    guard clip == 0 else {
      let logs = logProbabilities
      return (logs.zero + value * (logs.one - logs.zero)).summed(last: dimensions)
    }
    // The cross-entropy itself broadcasts logits to targets only, and without the targets' gradients.
    let shape = broadcastShape(value.shape, logits.shape)
    let terms = value.broadcast(to: shape).binaryCrossEntropy(withLogits: logits.broadcast(to: shape))
    return -terms.summed(last: dimensions)
  }
}
