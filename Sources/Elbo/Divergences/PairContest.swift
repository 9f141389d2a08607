import Torch

/// What the divergences by a discriminator T(x, z) share: its training, and the objective that it gives encoder and decoder.
struct PairContest {
  let discriminator: any PairDiscriminator
  let steps: Int
  let adaptiveSteps: AdaptiveSteps
  let rules: DiscriminatorRules
  let weight: DivergenceWeight

  /// A sample of the posterior, as the decoder and as the discriminator see it.
  struct Draw {
    /// [n, latentDimension], for the decoder.
    let z: Tensor
    /// [n, latentDimension], for the discriminator.
    let seen: Tensor
    /// The part of the divergence that needs no discriminator: [n], in nats; nil for none.
    let rest: Tensor?
  }

  init(_ discriminator: any PairDiscriminator, _ plan: DivergencePlan) {
    self.discriminator = discriminator
    steps = plan.options.discriminatorSteps
    adaptiveSteps = plan.options.adaptiveSteps
    rules = plan.options.rules
    weight = plan.weight
  }

  /// One phase with two objectives; before it, a phase that moves the discriminator alone where more than one
  /// discriminator update a step is or may be asked for.
  ///
  /// - Parameter draw: samples the posterior.
  /// - Parameter reference: samples what the discriminator compares with: [n, latentDimension].
  func phases<Q: Posterior, P: Prior, L: Likelihood>(
    of model: Autoencoder<Q, P, L>, objectiveScale: Double, draw: @escaping (Batch, Generator) -> Draw,
    reference: @escaping (Int, Generator) -> Tensor
  ) -> [Phase] {
    let both = Phase(name: "generator and discriminator", repeats: 1) { context in
      let batch = context.batch
      let sample = draw(batch, context.generator)
      let parameters = model.decode(sample.z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let logits = discriminator(batch.x, rules.blurred(sample.seen, context))
      let ratio = logits.mean()
      let kl = sample.rest.map { ratio + $0.mean() } ?? ratio
      let contest = contest(logits, context, reference)
      let value = (negative + kl * context.number(weight)) * objectiveScale
      return PhaseResult(
        objectives: [
          Objective(name: .generator, value: value, updates: .generator),
          Objective(name: .discriminator, value: contest.loss, updates: .discriminator),
        ],
        metrics: {
          [
            Metric(name: .logDensityRatio, value: kl), Metric(name: .elbo, value: -(negative + kl)),
            contest.accuracy,
          ] + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
    let steering = adaptiveSteps.steering(besides: 1)
    guard steps > 1 || steering != nil else { return [both] }
    let alone = Phase(name: "discriminator", repeats: steps - 1, steering: steering) { context in
      let sample = withoutGradients { draw(context.batch, context.generator).seen }
      let logits = discriminator(context.batch.x, rules.blurred(sample, context))
      return PhaseResult(
        objectives: [
          Objective(
            name: .discriminator, value: contest(logits, context, reference).loss, updates: .discriminator)
        ],
        metrics: { [] })
    }
    return [alone, both]
  }

  /// A sample, and T at it with the rest.
  func boundTerms(_ batch: Batch, _ sample: Draw) -> (z: Tensor, divergence: DivergenceEstimate?) {
    let ratio = discriminator(batch.x, sample.seen).squeezed(1)
    let values = sample.rest.map { ratio + $0 } ?? ratio
    return (sample.z, DivergenceEstimate(values: values, name: .logDensityRatio, givesBound: false))
  }

  /// Both kinds of latents with the discriminator's logits.
  func judged(_ batch: Batch, _ sample: Draw, _ reference: Tensor) -> DiscriminatorContest {
    DiscriminatorContest(
      posterior: sample.seen, reference: reference,
      posteriorLogits: discriminator(batch.x, sample.seen).squeezed(1),
      referenceLogits: discriminator(batch.x, reference).squeezed(1))
  }

  private func contest(
    _ posterior: Tensor, _ context: StepContext, _ reference: (Int, Generator) -> Tensor
  ) -> LogisticContest {
    let samples = rules.prepared(reference(context.batch.count, context.generator), context)
    return LogisticContest(
      posterior: posterior, prior: discriminator(context.batch.x, samples), rules: rules,
      priorSamples: samples)
  }
}
