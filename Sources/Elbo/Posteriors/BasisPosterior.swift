import Torch

/// z = z_0(x) + sum_i a_i(x) v_i(eps_i), eps_i ~ N(0, I) independent, a_i = elu(. - 5) + 1: an implicit
/// posterior whose mean and variance are those of the v_i, combined. Mescheder et al. 2017, section 4.2 and
/// supplement.
public struct BasisPosterior: MomentPosterior {
  let network: any Network
  let basis: [StackedLinear]
  /// The number of latent dimensions.
  public let latentDimension: Int
  private let count: Int
  private let noiseDimension: Int

  /// What the encoder says of a batch: z_0 [n, d] and the a_i [basis, n, d].
  public struct Conditional {
    let centre: Tensor
    let amplitudes: Tensor
  }

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    count = plan.options.basis
    noiseDimension = plan.options.noiseDimension == 0 ? plan.latentDimension : plan.options.noiseDimension
    network = try plan.encoder(plan.features, plan.latentDimension * (1 + plan.options.basis))
    let widths = [noiseDimension] + plan.options.basisHidden + [plan.latentDimension]
    basis = zip(widths, widths.dropFirst()).map {
      StackedLinear(stack: plan.options.basis, inputs: $0, outputs: $1, using: plan.generator)
    }
  }

  /// One pass of the encoder.
  public func conditional(given x: Tensor) -> Conditional {
    let outputs = network(x)
    let d = latentDimension
    let raw = outputs.narrowed(1, from: d, length: count * d).reshaped([-1, count, d]).permuted([1, 0, 2])
    return Conditional(centre: outputs.narrowed(1, from: 0, length: d), amplitudes: (raw - 5).elu() + 1)
  }

  /// A sample of each example.
  public func sample(_ conditional: Conditional, using generator: Generator) -> Tensor {
    conditional.centre + (conditional.amplitudes * functions(conditional, generator)).sum(over: [0])
  }

  /// A sample, with moments from those of the v_i over the batch's noise.
  public func momentSample(_ conditional: Conditional, using generator: Generator) -> MomentSample {
    let v = functions(conditional, generator)
    let z = conditional.centre + (conditional.amplitudes * v).sum(over: [0])
    return withoutGradients {
      let mean =
        conditional.centre + (conditional.amplitudes * v.mean(over: [1], keeping: true)).sum(over: [0])
      let variance =
        (conditional.amplitudes.squared() * v.variance(over: [1], keeping: true, correction: 0)).sum(over: [0]
        )
      return MomentSample(z: z, mean: mean.detached(), variance: variance.detached())
    }
  }

  /// z_0 + sum_i a_i v_i(0).
  public func zeroNoise(given x: Tensor) -> Tensor {
    let conditional = conditional(given: x)
    let noise = Tensor.zeros([count, x.size(0), noiseDimension], device: x.device)
    return conditional.centre + (conditional.amplitudes * functions(of: noise)).sum(over: [0])
  }

  private func functions(_ conditional: Conditional, _ generator: Generator) -> Tensor {
    let noise = Tensor.standardNormal([count, conditional.centre.size(0), noiseDimension], using: generator)
    return functions(of: noise)
  }

  /// The v_i: [basis, n, d].
  private func functions(of noise: Tensor) -> Tensor {
    var h = noise
    for layer in basis.dropLast() { h = layer(h).elu() }
    return basis[basis.count - 1](h)
  }
}

/// Dense layers side by side, each with inputs of its own: [stack, n, inputs] -> [stack, n, outputs].
struct StackedLinear: Module {
  let weight: Parameter
  let bias: Parameter

  init(stack: Int, inputs: Int, outputs: Int, using generator: Generator) {
    let values = Tensor.zeros([stack, inputs, outputs], device: generator.device)
    let bound = (6 / Double(inputs + outputs)).squareRoot()
    values.fillUniform(from: -bound, to: bound, using: generator)
    weight = Parameter(values)
    bias = Parameter(Tensor.zeros([stack, 1, outputs], device: generator.device))
  }

  func callAsFunction(_ x: Tensor) -> Tensor { x.matmul(weight.tensor) + bias.tensor }
}
