import ElboDistributions
import Foundation
import Torch

/// KL(q(z|x), p(z)) by a discriminator that sees z~ = (z - mu(x)) / sigma(x) and compares it with N(0, I):
/// only what differs from a normal distribution of the posterior's own moments is left for it to find.
///
/// KL = E T(x, z~) + log r(z|x) - log p(z), log r = -1/2 sum(z~^2 + log sigma^2 + log 2 pi), sigma^2 = Var z
/// + 1e-4, gradients of mu and sigma stopped. Mescheder et al. 2017, section 3.3 and algorithm 2.
public struct AdaptiveContrast<Q: MomentPosterior, P: DensityPrior>: Divergence {
  let discriminator: any PairDiscriminator
  private let contest: PairContest

  init(_ discriminator: any PairDiscriminator, _ plan: DivergencePlan) {
    self.discriminator = discriminator
    contest = PairContest(discriminator, plan)
  }

  /// The discriminator compares normalised samples with samples of N(0, I).
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    contest.phases(
      of: model, objectiveScale: objectiveScale, draw: { contrast($0, of: model, using: $1) },
      reference: { Tensor.standardNormal([$0, model.prior.latentDimension], using: $1) })
  }

  /// T and the contrast at the posterior's samples.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    contest.boundTerms(batch, contrast(batch, of: model, using: generator))
  }

  /// Normalised samples of the posterior, and samples of N(0, I).
  public func discriminatorContest<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> DiscriminatorContest? {
    contest.judged(
      batch, contrast(batch, of: model, using: generator),
      Tensor.standardNormal([batch.count, model.prior.latentDimension], using: generator))
  }

  /// A sample, itself normalised, and log r(z|x) - log p(z).
  private func contrast<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> PairContest.Draw {
    let sample = model.encoder.momentSample(model.conditional(batch), using: generator)
    let variance = sample.variance + 1e-4
    let normalised = (sample.z - sample.mean) / variance.sqrt()
    let logR = (normalised.squared() + variance.log() + Foundation.log(2 * Double.pi)).sum(over: [1]) * -0.5
    return PairContest.Draw(
      z: sample.z, seen: normalised, rest: logR - model.prior.distribution.logDensity(at: sample.z))
  }
}

extension Divergences {
  static func composeAdaptiveContrast(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    guard let encoder = parts.encoder as? any MomentPosterior else {
      throw ConfigurationError(
        "adaptive contrast needs a posterior that knows its mean and variance", at: "posterior.kind",
        remedy: "use posterior.kind=implicit-moments or gaussian")
    }
    guard let prior = parts.prior as? any DensityPrior, !prior.hasBoundedSupport else {
      throw ConfigurationError(
        "adaptive contrast needs a prior with a density at every z", at: "prior.kind",
        remedy: "use prior.kind=standard-normal")
    }
    let discriminator = try plan.pairDiscriminator()
    func compose<Q: MomentPosterior, P: DensityPrior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        AdaptiveContrast<Q, P>(discriminator, plan),
        objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
