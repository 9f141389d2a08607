import Torch

/// z' = g z + (1 - g) m, g = sigmoid(s): m_i and s_i depend on z_1 ... z_(i-1) and the context by masked
/// layers, so the Jacobian is triangular and log |det| = sum log g; each map reverses the order of the
/// dimensions. Kingma et al. 2016, algorithm 1.
public struct AutoregressiveFlow: FlowMap {
  let layers: [MaskedLinear]
  private let dimension: Int
  private let reversed: Tensor?

  /// A map that starts near the identity: s is around 2.
  package init(dimension: Int, context: Int, reverses: Bool, hidden: [Int], using generator: Generator) {
    self.dimension = dimension
    reversed =
      reverses
      ? Tensor((0..<dimension).reversed().map(Int64.init), shape: [dimension]).moved(to: generator.device)
      : nil
    // Degrees as in MADE (Germain et al. 2015): a unit of degree k sees inputs of degree at most k; context
    // has degree 0.
    var degrees = [(1...dimension).map { $0 } + [Int](repeating: 0, count: context)]
    for width in hidden { degrees.append((0..<width).map { $0 % dimension }) }
    var layers: [MaskedLinear] = []
    for (below, above) in zip(degrees, degrees.dropFirst()) {
      layers.append(MaskedLinear(below, above, allows: { $0 <= $1 }, using: generator))
    }
    let outputs = (1...dimension).map { $0 } + (1...dimension).map { $0 }
    layers.append(MaskedLinear(degrees[degrees.count - 1], outputs, allows: { $0 < $1 }, using: generator))
    self.layers = layers
  }

  /// The image and its log determinant.
  public func callAsFunction(_ z: Tensor, context: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    let turned = reversed.map { z.gathered($0, over: 1) } ?? z
    var h = Tensor.concatenate([turned, context], over: 1)
    for layer in layers.dropLast() { h = layer(h).elu() }
    let outputs = layers[layers.count - 1](h)
    let m = outputs.narrowed(1, from: 0, length: dimension)
    let s = outputs.narrowed(1, from: dimension, length: dimension) + 2
    let gate = s.sigmoid()
    return (gate * turned + (1 - gate) * m, s.logSigmoid().sum(over: [1]))
  }
}

/// A dense layer some of whose weights are always 0.
struct MaskedLinear: Module {
  let linear: Linear
  private let mask: Tensor

  /// A layer that joins units of degrees `below` to units of degrees `above` where `allows(below, above)`.
  init(_ below: [Int], _ above: [Int], allows: (Int, Int) -> Bool, using generator: Generator) {
    linear = Linear(
      inputs: below.count, outputs: above.count, initialiser: .glorotUniform, using: generator)
    let values = above.flatMap { high in below.map { allows($0, high) ? Float(1) : 0 } }
    mask = Tensor(values, shape: [above.count, below.count]).moved(to: generator.device)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    x.linear(weight: linear.weight.tensor * mask, bias: linear.bias.tensor)
  }
}

extension Posteriors {
  static func autoregressive(_ plan: PosteriorPlan) throws(ConfigurationError) -> any Posterior {
    try FlowPosterior(plan) { dimension, context, index in
      AutoregressiveFlow(
        dimension: dimension, context: context, reverses: index > 0, hidden: plan.options.flowHidden,
        using: plan.generator)
    }
  }
}
