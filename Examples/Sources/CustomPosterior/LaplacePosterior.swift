import Elbo
import ElboDistributions
import Foundation
import Torch

/// Numbers with density exp(-|x - mean| / scale) / (2 scale).
struct Laplace: Distribution {
  let mean: Tensor
  let scale: Tensor

  var batchShape: Shape { mean.shape }
  var eventShape: Shape { [] }
  var isReparameterised: Bool { true }

  /// mean - scale sign(u) log(1 - 2 |u|), u from U(-1/2, 1/2): the inverse of the distribution function.
  func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    // A little less than the whole interval: the logarithm of 0 is no sample.
    let u = (Tensor.uniform(sampleShape + batchShape, using: generator) - 0.5) * (1 - 1e-6)
    return mean - scale * u.sign() * (u.abs() * -2).log1p()
  }

  func logDensity(at value: Tensor) -> Tensor {
    -((value - mean).abs() / scale) - scale.log() - log(2)
  }
}

/// q(z|x) = a Laplace distribution in each dimension: heavier tails than a Gaussian's.
///
/// `DensityPosterior` asks for one pass of the encoder and what its outputs mean; samples and log densities come from
/// the distribution.
struct LaplacePosterior: DensityPosterior {
  let latentDimension: Int
  // Parameters are found by way of the properties: this one's are saved and trained.
  let network: any Network

  init(_ plan: PosteriorPlan) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    network = try plan.encoder(plan.features, 2 * plan.latentDimension)
  }

  func conditional(given x: Tensor) -> Independent<Laplace> {
    let outputs = network(x)
    let mean = outputs.narrowed(1, from: 0, length: latentDimension)
    let logScale = outputs.narrowed(1, from: latentDimension, length: latentDimension)
    return Independent(Laplace(mean: mean, scale: logScale.exp()), reinterpreting: 1)
  }

  func zeroNoise(given x: Tensor) -> Tensor { conditional(given: x).base.mean }
  func mean(given x: Tensor, samples: Int, using generator: Generator) -> Tensor { zeroNoise(given: x) }
}
