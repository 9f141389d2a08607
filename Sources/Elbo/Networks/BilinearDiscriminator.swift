import Torch

/// T(x, z) = <f(x), g(z)> + a(x) + b(z) + |z|^2 / 2: trunks f and g, each with a linear head. Mescheder et
/// al. 2017, supplement. Spectral normalisation is of trunks and heads; the product of two bounded slopes and
/// |z|^2 / 2 have none of their own.
public struct BilinearDiscriminator: PairDiscriminator {
  let examples: DenseNetwork
  let latents: DenseNetwork
  let exampleHead: Linear
  let latentHead: Linear
  private let activation: Activation
  private let centresInput: Bool

  init(_ plan: PairDiscriminatorPlan) {
    let options = plan.options
    let activation = options.activation(options.activation)
    func trunk(_ inputs: Int) -> DenseNetwork {
      DenseNetwork(
        widths: [inputs] + options.hidden, activation: activation, outputActivation: activation,
        initialiser: options.initialiser, spectralNorm: options.spectralNorm, using: plan.generator)
    }
    func head() -> Linear {
      Linear(
        inputs: options.hidden[options.hidden.count - 1], outputs: 1, initialiser: options.initialiser,
        spectralNorm: options.spectralNorm, using: plan.generator)
    }
    examples = trunk(plan.features)
    latents = trunk(plan.latentDimension)
    exampleHead = head()
    latentHead = head()
    self.activation = activation
    centresInput = options.centreInput
  }

  /// The logits: [n, 1].
  public func callAsFunction(_ x: Tensor, _ z: Tensor) -> Tensor {
    let f = examples(centresInput ? x * 2 - 1 : x)
    let g = latents(z)
    // The product of two wide trunks is kept at the scale of one unit, so that T starts small.
    let product = (f * g).sum(over: [1], keeping: true) / Double(f.size(1))
    return product + exampleHead(f) + latentHead(g) + z.squared().sum(over: [1], keeping: true) * 0.5
  }
}
