import ElboDistributions
import Foundation
import Torch

/// A density to take importance samples from where q(z|x) has none: for each example
///
///   r(z) = .9 N(z; m, 1.2 S) + .1 p(z),
///
/// m and S the mean and covariance of samples of q(z|x). Any density gives a true lower bound, and a discriminator
/// takes no part in this one. The normal is a little wider than the samples, and the prior's share keeps every weight
/// below 10 p(x|z), so that their variance is finite whatever shape q(z|x) has: a defensive mixture, Owen and Zhou
/// 2000.
struct FittedProposal {
  private let normal: FullCovarianceNormal
  private let prior: any Distribution
  private let priorSamples: (Generator) -> Tensor
  private let defensive = 0.1

  /// Fits the proposals of n examples to 500 samples of each, or 20 a latent dimension where those are more.
  init(
    _ posterior: ConditionalPosterior, of model: any LatentVariableModel, count n: Int,
    using generator: Generator
  ) {
    let d = model.latentDimension
    let z = Tensor.stack((0..<max(500, 20 * d)).map { _ in posterior.sample(generator) })  // [m, n, d]
    let mean = z.mean(over: [0])
    let centred = (z - mean).permuted([1, 2, 0])
    let covariance = centred.matmul(centred.transposed()) * (1.2 / Double(z.size(0) - 1))
    // What has no spread in some direction still has to have a density.
    let floor = covariance.diagonal().mean(over: [-1], keeping: true) * 1e-4 + 1e-6
    normal = FullCovarianceNormal(
      mean: mean, covariance: covariance + floor.expanded(to: [n, d]).diagonalEmbedded())
    prior = model.priorDistribution!
    priorSamples = { model.samplePrior(n, using: $0) }
  }

  /// One sample for each example, with its log density.
  func densitySample(using generator: Generator) -> DensitySample {
    let own = normal.sample([], using: generator)
    let others = priorSamples(generator)
    let chosen = Tensor.uniform([own.size(0), 1], using: generator).isAtLeast(defensive)
    let z = chosen.select(own, otherwise: others)
    return DensitySample(
      z: z,
      logDensity: {
        Tensor.stack([
          normal.logDensity(at: z) + log(1 - defensive),
          prior.logDensity(at: z) + log(defensive),
        ]).logSumExp(over: [0])
      })
  }
}
