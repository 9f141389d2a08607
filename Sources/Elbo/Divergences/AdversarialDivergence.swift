import Torch

/// A divergence of the aggregated posterior q(z) = E q(z|x) from the prior, by a discriminator D(z) that
/// tells samples of both apart: the adversarial autoencoder. Makhzani et al. 2015, section 2.
///
/// With logits T positive for the posterior, D is trained by the mean of its logistic losses on both; encoder
/// and decoder by beta mean softplus(T(z_q)) - E log p(x|z), the generator that makes D call codes samples of
/// the prior. A prior of several blocks has a discriminator for each, and their losses are added. A
/// discriminator that is told the class compares codes with prior samples of their class (section 2.3).
public struct AdversarialDivergence<Q: Posterior, P: Prior>: Divergence {
  let discriminator: BlockDiscriminator
  private let weight: DivergenceWeight
  private let steps: Int
  private let adaptiveSteps: AdaptiveSteps
  private let updates: DivergenceOptions.DiscriminatorUpdates
  private let rules: DiscriminatorRules

  /// A divergence by this discriminator of z.
  public init(
    discriminator: BlockDiscriminator, steps: Int = 1, adaptiveSteps: AdaptiveSteps = AdaptiveSteps(),
    updates: DivergenceOptions.DiscriminatorUpdates = .joint,
    rules: DiscriminatorRules = DiscriminatorRules(),
    weight: DivergenceWeight = DivergenceWeight()
  ) {
    self.discriminator = discriminator
    self.steps = steps
    self.adaptiveSteps = adaptiveSteps
    self.updates = updates
    self.rules = rules
    self.weight = weight
  }

  /// The discriminator's phases, then the generator's against the discriminator they made.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let contests =
      switch updates {
      case .joint: [joint(model)]
      case .separate: [half(model, isPosterior: false), half(model, isPosterior: true)]
      }
    return contests + [generator(model, objectiveScale: objectiveScale)]
  }

  private func joint<L: Likelihood>(_ model: Autoencoder<Q, P, L>) -> Phase {
    Phase(name: "discriminator", repeats: steps, steering: adaptiveSteps.steering()) { context in
      let codes = rules.blurred(latent(model, context).detached(), context)
      let samples = rules.prepared(priorSamples(model, context), context)
      let count = context.batch.count
      let labels =
        discriminator.seesLabels ? context.batch.labels.map { Tensor.concatenate([$0, $0], over: 0) } : nil
      let logits = discriminator(Tensor.concatenate([samples, codes], over: 0), labels: labels)
      let contest = LogisticContest(
        posterior: logits.narrowed(0, from: count, length: count),
        prior: logits.narrowed(0, from: 0, length: count), rules: rules, priorSamples: samples)
      return PhaseResult(
        objectives: [
          Objective(
            name: .discriminator, value: contest.loss * (0.5 * discriminator.blockCount),
            updates: .discriminator)
        ],
        metrics: { [contest.accuracy] })
    }
  }

  /// An update by one half of the loss alone. The step's metric is the mean of both halves.
  private func half<L: Likelihood>(_ model: Autoencoder<Q, P, L>, isPosterior: Bool) -> Phase {
    Phase(
      name: isPosterior ? "discriminator of codes" : "discriminator of samples", repeats: steps,
      steering: adaptiveSteps.steering()
    ) { context in
      let z =
        isPosterior
        ? rules.blurred(latent(model, context).detached(), context)
        : rules.prepared(priorSamples(model, context), context)
      let logits = discriminator(z, labels: context.batch.labels)
      let contest = LogisticContest(
        posterior: logits, prior: logits, rules: rules, priorSamples: isPosterior ? nil : z)
      let loss = (isPosterior ? contest.posteriorLoss : contest.priorLoss) * discriminator.blockCount
      let right = isPosterior ? logits.isGreater(than: 0) : logits.isAtMost(0)
      return PhaseResult(
        objectives: [Objective(name: .discriminator, value: loss, updates: .discriminator)],
        metrics: { [Metric(name: .accuracy, value: right.converted(to: .float32).mean())] })
    }
  }

  private func generator<L: Likelihood>(_ model: Autoencoder<Q, P, L>, objectiveScale: Double) -> Phase {
    Phase(name: "generator", repeats: 1) { context in
      let batch = context.batch
      let z = latent(model, context)
      let parameters = model.decode(z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let logits = discriminator(rules.blurred(z, context), labels: batch.labels)
      let adversarial = logits.softplus().mean() * discriminator.blockCount
      let value = (negative + adversarial * context.number(weight)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: {
          [Metric(name: .adversarial, value: adversarial)]
            + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
  }

  /// Samples of the prior: of the classes of the batch where the discriminator is told them.
  private func priorSamples<L: Likelihood>(_ model: Autoencoder<Q, P, L>, _ context: StepContext) -> Tensor {
    guard discriminator.seesLabels, let labels = context.batch.labels else {
      return model.prior.sample(context.batch.count, using: context.generator)
    }
    return model.prior.sample(labels: labels, using: context.generator)
  }

  /// The codes of the batch, with their graph: one pass of the encoder serves all phases of a step, since
  /// only the last moves the encoder.
  private func latent<L: Likelihood>(_ model: Autoencoder<Q, P, L>, _ context: StepContext) -> Tensor {
    if let z = context.sharedLatent { return z }
    let z = model.sample(context.batch, using: context.generator)
    context.sharedLatent = z
    return z
  }
}

extension Divergences {
  static func composeAdversarial(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    let classes = plan.options.labelledPrior ? plan.classes : 0
    if plan.options.labelledPrior, plan.classes == 0 {
      throw ConfigurationError(
        "a discriminator cannot be told classes that the data do not have", at: "divergence.labelledPrior")
    }
    // A prior without classes is the same for each: codes of every class are compared with all of it.
    if plan.options.labelledPrior, (1..<plan.classes).contains(parts.prior.classCount) {
      throw ConfigurationError(
        "this prior knows \(parts.prior.classCount) classes, and the data have \(plan.classes)",
        at: "divergence.labelledPrior",
        remedy: "use prior.kind=swiss-roll, or prior.kind=mixture with prior.components=\(plan.classes)")
    }
    if let posterior = parts.encoder as? any ClassifyingPosterior, parts.prior.blocks.count > 1,
      parts.prior.blocks[0].count != posterior.classes
    {
      throw ConfigurationError(
        "the posterior has \(posterior.classes) classes, and the prior \(parts.prior.blocks[0].count)",
        at: "posterior.classes", remedy: "make posterior.classes and prior.components the same")
    }
    let discriminator = BlockDiscriminator(
      parts.prior.blocks, classes: classes,
      networks: try parts.prior.blocks.map { (block) throws(ConfigurationError) in
        try plan.discriminator(block.count + (classes > 0 ? classes + 1 : 0))
      })
    func compose<Q: Posterior, P: Prior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        AdversarialDivergence<Q, P>(
          discriminator: discriminator, steps: plan.options.discriminatorSteps,
          adaptiveSteps: plan.options.adaptiveSteps, updates: plan.options.discriminatorUpdates,
          rules: plan.options.rules, weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.prior, parts.likelihood)
  }
}
