import ElboDistributions
import Torch

/// q(z|x) of a batch of n examples, after what the encoder has to do once.
public struct ConditionalPosterior {
  /// One sample of z for each example: [n, latentDimension].
  public let sample: (Generator) -> Tensor
  /// The same with log q(z|x); nil where q(z|x) has no density.
  public let densitySample: ((Generator) -> DensitySample)?
  /// The distributions themselves, batch shape [n]; nil where their density is not known at every z.
  public let distribution: (any Distribution)?

  init<Q: Posterior>(_ encoder: Q, given x: Tensor) {
    if let density = encoder as? any DensityPosterior {
      self = Self.withDensity(density, x)
      return
    }
    let conditional = encoder.conditional(given: x)
    self.init(
      sample: { encoder.sample(conditional, using: $0) }, densitySample: nil, distribution: nil)
  }

  private init(
    sample: @escaping (Generator) -> Tensor, densitySample: ((Generator) -> DensitySample)?,
    distribution: (any Distribution)?
  ) {
    self.sample = sample
    self.densitySample = densitySample
    self.distribution = distribution
  }

  private static func withDensity<Q: DensityPosterior>(_ encoder: Q, _ x: Tensor) -> Self {
    let conditional = encoder.conditional(given: x)
    return Self(
      sample: { encoder.sample(conditional, using: $0) },
      densitySample: { encoder.densitySample(conditional, using: $0) },
      distribution: conditional as? any Distribution)
  }
}

/// Latents that a discriminator of x and z is to tell apart, one of each kind for every example, as it sees them, and
/// its logits T(x, z).
public struct DiscriminatorContest {
  /// Of the posterior: [n, latentDimension].
  public let posterior: Tensor
  /// Of what it is compared with, the prior or, under adaptive contrast, N(0, I): [n, latentDimension].
  public let reference: Tensor
  /// T at the posterior's: [n].
  public let posteriorLogits: Tensor
  /// T at the reference's: [n].
  public let referenceLogits: Tensor
}
