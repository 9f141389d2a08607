import ElboDistributions
import Torch

/// q(z|x) = N(mu(x), diag(sigma(x)^2)). Kingma and Welling 2014, eq. 9.
///
/// The encoder's first outputs are mu; the others are log sigma or log sigma^2, as configured.
public struct GaussianPosterior: DensityPosterior {
  let network: any Network
  /// The number of latent dimensions.
  public let latentDimension: Int
  private let scale: PosteriorOptions.Scale

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    scale = plan.options.scale
    network = try plan.encoder(plan.features, 2 * plan.latentDimension)
  }

  /// The normal distribution of each example's latents.
  public func conditional(given x: Tensor) -> DiagonalNormal {
    let outputs = network(x)
    let mean = outputs.narrowed(1, from: 0, length: latentDimension)
    let rest = outputs.narrowed(1, from: latentDimension, length: latentDimension)
    return switch scale {
    case .logScale: DiagonalNormal(mean: mean, logScale: rest)
    case .logVariance: DiagonalNormal(mean: mean, logVariance: rest)
    }
  }

  /// mu(x).
  public func zeroNoise(given x: Tensor) -> Tensor { conditional(given: x).mean }
  /// mu(x).
  public func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor {
    conditional(given: x).mean
  }
}

extension GaussianPosterior: MomentPosterior {
  /// A sample with the exact moments.
  public func momentSample(_ conditional: DiagonalNormal, using generator: Generator) -> MomentSample {
    MomentSample(
      z: conditional.sample([], using: generator), mean: conditional.mean.detached(),
      variance: conditional.variance.detached())
  }
}
