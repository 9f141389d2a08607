import ElboDistributions
import Torch

/// q(z|x) = N(mu(x), L(x) L(x)^T) with L lower triangular, its diagonal positive. Kingma and Welling 2019,
/// section 2.5.1.
///
/// The encoder gives mu, log diag L, and the elements of L below the diagonal.
public struct FullCovariancePosterior: DensityPosterior {
  let network: any Network
  /// The number of latent dimensions.
  public let latentDimension: Int

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    network = try plan.encoder(
      plan.features, 2 * plan.latentDimension + plan.latentDimension * plan.latentDimension)
  }

  /// The normal distribution of each example's latents.
  public func conditional(given x: Tensor) -> FullCovarianceNormal {
    let d = latentDimension
    let outputs = network(x)
    let diagonal = outputs.narrowed(1, from: d, length: d).exp().diagonalEmbedded()
    // A full square is given and its lower triangle used: indexing a packed triangle would cost more than it
    // saves.
    let below = outputs.narrowed(1, from: 2 * d, length: d * d).reshaped([-1, d, d]).lowerTriangle(
      diagonal: -1)
    return FullCovarianceNormal(
      mean: outputs.narrowed(1, from: 0, length: d), scaleTriangle: diagonal + below)
  }

  /// mu(x).
  public func zeroNoise(given x: Tensor) -> Tensor { conditional(given: x).mean }
  /// mu(x).
  public func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor {
    conditional(given: x).mean
  }
}
