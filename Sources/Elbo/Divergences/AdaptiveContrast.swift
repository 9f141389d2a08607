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
  private let latentDimension: Int
  private let weight: DivergenceWeight
  private let steps: Int
  private let rules: DiscriminatorRules

  /// A divergence by this discriminator of pairs (x, z~).
  public init(
    discriminator: any PairDiscriminator, latentDimension: Int, steps: Int = 1,
    rules: DiscriminatorRules = DiscriminatorRules(), weight: DivergenceWeight = DivergenceWeight()
  ) {
    self.discriminator = discriminator
    self.latentDimension = latentDimension
    self.steps = steps
    self.rules = rules
    self.weight = weight
  }

  /// One phase with two objectives; before it, phases that move the discriminator alone where more than one
  /// update a step is asked for.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let both = Phase(name: "generator and discriminator", repeats: 1) { context in
      let batch = context.batch
      let contrast = contrast(batch, model, context.generator)
      let parameters = model.decode(contrast.z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let logits = discriminator(batch.x, rules.blurred(contrast.normalised, context))
      let kl = logits.mean() + contrast.rest.mean()
      let contest = contest(logits, context)
      return PhaseResult(
        objectives: [
          Objective(
            name: .generator, value: (negative + kl * weight.value(at: context.step)) * objectiveScale,
            updates: .generator),
          Objective(name: .discriminator, value: contest.loss, updates: .discriminator),
        ],
        metrics: {
          [
            Metric(name: .logDensityRatio, value: kl), Metric(name: .elbo, value: -(negative + kl)),
            contest.accuracy,
          ] + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
    guard steps > 1 else { return [both] }
    let alone = Phase(name: "discriminator", repeats: steps - 1) { context in
      let z = withoutGradients { contrast(context.batch, model, context.generator).normalised }
      let contest = contest(discriminator(context.batch.x, rules.blurred(z, context)), context)
      return PhaseResult(
        objectives: [Objective(name: .discriminator, value: contest.loss, updates: .discriminator)],
        metrics: { [] })
    }
    return [alone, both]
  }

  /// A sample, itself normalised, and log r(z|x) - log p(z): [n].
  private func contrast<L: Likelihood>(
    _ batch: Batch, _ model: Autoencoder<Q, P, L>, _ generator: Generator
  ) -> (z: Tensor, normalised: Tensor, rest: Tensor) {
    let sample = model.encoder.momentSample(model.conditional(batch), using: generator)
    let variance = sample.variance + 1e-4
    let normalised = (sample.z - sample.mean) / variance.sqrt()
    let logR = (normalised.squared() + variance.log() + Foundation.log(2 * Double.pi)).sum(over: [1]) * -0.5
    return (sample.z, normalised, logR - model.prior.distribution.logDensity(at: sample.z))
  }

  private func contest(_ posterior: Tensor, _ context: StepContext) -> LogisticContest {
    let x = context.batch.x
    let normal = Tensor.standardNormal([x.size(0), latentDimension], using: context.generator)
    let samples = rules.prepared(normal, context)
    return LogisticContest(
      posterior: posterior, prior: discriminator(x, samples), rules: rules, priorSamples: samples)
  }

  /// T and the contrast at the posterior's samples.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    let contrast = contrast(batch, model, generator)
    let kl = discriminator(batch.x, contrast.normalised).squeezed(1) + contrast.rest
    return (contrast.z, DivergenceEstimate(values: kl, name: .logDensityRatio, givesBound: false))
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
        AdaptiveContrast<Q, P>(
          discriminator: discriminator, latentDimension: plan.latentDimension,
          steps: plan.options.discriminatorSteps,
          rules: plan.options.rules, weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
