import Torch

/// z = f(x): all the randomness of the codes is that of the data. Makhzani et al. 2015, section 2.
public struct DeterministicPosterior: Posterior {
  let network: any Network
  /// The number of latent dimensions.
  public let latentDimension: Int

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    network = try plan.encoder(plan.features, plan.latentDimension)
  }

  /// There is no noise.
  public var isDeterministic: Bool { true }

  /// The codes.
  public func conditional(given x: Tensor) -> Tensor { network(x) }
  /// The codes.
  public func sample(_ conditional: Tensor, using generator: Generator) -> Tensor { conditional }
  /// The codes.
  public func zeroNoise(given x: Tensor) -> Tensor { network(x) }
  /// The codes.
  public func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor { network(x) }
}
