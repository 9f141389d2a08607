import Torch

/// z = f(x, eps), eps ~ N(0, I): any distribution f can make, with no density known. Mescheder et al. 2017,
/// section 3; the universal approximator posterior of Makhzani et al. 2015.
public struct ImplicitPosterior: Posterior {
  let network: any Network
  /// The number of latent dimensions.
  public let latentDimension: Int
  private let noiseDimension: Int

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    noiseDimension =
      plan.options.noiseDimension == 0 ? plan.latentDimension : plan.options.noiseDimension
    network = try plan.encoder(plan.features + noiseDimension, plan.latentDimension)
  }

  /// The examples: the encoder's pass needs the noise.
  public func conditional(given x: Tensor) -> Tensor { x }

  /// f(x, eps) with fresh noise.
  public func sample(_ conditional: Tensor, using generator: Generator) -> Tensor {
    let noise = Tensor.standardNormal([conditional.size(0), noiseDimension], using: generator)
    return network(Tensor.concatenate([conditional, noise], over: 1))
  }

  /// f(x, 0).
  public func zeroNoise(given x: Tensor) -> Tensor {
    let noise = Tensor.zeros([x.size(0), noiseDimension], device: x.device)
    return network(Tensor.concatenate([x, noise], over: 1))
  }
}
