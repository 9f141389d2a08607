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
  private let weight: DivergenceWeight
  private let steps: Int
  private let rules: DiscriminatorRules

  /// A divergence by this discriminator of pairs.
  public init(
    discriminator: any PairDiscriminator, steps: Int = 1, rules: DiscriminatorRules = DiscriminatorRules(),
    weight: DivergenceWeight = DivergenceWeight()
  ) {
    self.discriminator = discriminator
    self.steps = steps
    self.rules = rules
    self.weight = weight
  }

  /// One phase with two objectives; before it, phases that move the discriminator alone where more than one
  /// discriminator update a step is asked for.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let both = Phase(name: "generator and discriminator", repeats: 1) { context in
      let batch = context.batch
      let z = model.sample(batch, using: context.generator)
      let parameters = model.decode(z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let posterior = discriminator(batch.x, rules.blurred(z, context))
      let ratio = posterior.mean()
      let contest = discriminatorObjective(posterior, context, prior: model.prior)
      let value = (negative + ratio * weight.value(at: context.step)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator), contest.objective],
        metrics: {
          [
            Metric(name: .logDensityRatio, value: ratio), Metric(name: .elbo, value: -(negative + ratio)),
            contest.accuracy(),
          ] + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
    guard steps > 1 else { return [both] }
    let alone = Phase(name: "discriminator", repeats: steps - 1) { context in
      let z = withoutGradients { model.sample(context.batch, using: context.generator) }
      let contest = discriminatorObjective(
        discriminator(context.batch.x, rules.blurred(z, context)), context, prior: model.prior)
      return PhaseResult(objectives: [contest.objective], metrics: { [] })
    }
    return [alone, both]
  }

  private func discriminatorObjective(
    _ posterior: Tensor, _ context: StepContext, prior: P
  ) -> (objective: Objective, accuracy: () -> Metric) {
    let samples = rules.prepared(prior.sample(context.batch.count, using: context.generator), context)
    let contest = LogisticContest(
      posterior: posterior, prior: discriminator(context.batch.x, samples), rules: rules,
      priorSamples: samples)
    return (
      Objective(name: .discriminator, value: contest.loss, updates: .discriminator), { contest.accuracy }
    )
  }

  /// T at the posterior's samples.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    let z = model.sample(batch, using: generator)
    let ratio = discriminator(batch.x, z).squeezed(1)
    return (z, DivergenceEstimate(values: ratio, name: .logDensityRatio, givesBound: false))
  }
}

extension Divergences {
  static func composeDensityRatio(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    if parts.encoder is DeterministicPosterior {
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
        DensityRatioDivergence<Q, P>(
          discriminator: discriminator, steps: plan.options.discriminatorSteps, rules: plan.options.rules,
          weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.prior, parts.likelihood)
  }
}
