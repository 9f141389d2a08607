import Torch

/// KL(q(z|x), p(z)) by a discriminator T(x, z) that tells posterior from prior samples: Adversarial
/// Variational Bayes.
///
/// T is trained by L_D = mean(softplus(-T(x, z_q)) + softplus(T(x, z_p))), whose minimum is log q(z|x) - log
/// p(z); encoder and decoder by beta mean T(x, z_q) - E log p(x|z). Both share one forward pass and its
/// noise. Mescheder et al. 2017, eq. 3.3 and 3.7, algorithm 1. The divergence by T is an estimate without a
/// sign to its error: with it, the "ELBO" is no bound.
public struct DensityRatioDivergence<Q: Posterior, P: Prior>: Divergence {
  let discriminator: any PairDiscriminator
  private let contest: PairContest

  init(_ discriminator: any PairDiscriminator, _ plan: DivergencePlan) {
    self.discriminator = discriminator
    contest = PairContest(discriminator, plan)
  }

  /// The discriminator compares samples of the posterior with samples of the prior.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    contest.phases(
      of: model, objectiveScale: objectiveScale, draw: { draw($0, of: model, using: $1) },
      reference: { model.prior.sample($0, using: $1) })
  }

  /// T at the posterior's samples.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    contest.boundTerms(batch, draw(batch, of: model, using: generator))
  }

  /// Samples of the posterior and of the prior.
  public func discriminatorContest<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> DiscriminatorContest? {
    contest.judged(
      batch, draw(batch, of: model, using: generator), model.prior.sample(batch.count, using: generator))
  }

  private func draw<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> PairContest.Draw {
    let z = model.sample(batch, using: generator)
    return PairContest.Draw(z: z, seen: z, rest: nil)
  }
}

extension Divergences {
  static func composeDensityRatio(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    if parts.encoder.isDeterministic {
      throw ConfigurationError(
        "the ratio of a deterministic posterior's density to the prior's is infinite", at: "posterior.kind",
        remedy: "use posterior.kind=implicit or gaussian, or divergence.kind=adversarial")
    }
    let discriminator = try plan.pairDiscriminator()
    func compose<Q: Posterior, P: Prior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        DensityRatioDivergence<Q, P>(discriminator, plan),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.prior, parts.likelihood)
  }
}
