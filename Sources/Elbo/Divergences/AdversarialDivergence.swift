import Torch

/// A divergence of the aggregated posterior q(z) = E q(z|x) from the prior, by a discriminator D(z) that tells samples
/// of both apart: the adversarial autoencoder. Makhzani et al. 2015, section 2.
///
/// With logits T positive for the posterior, D is trained by the mean of its logistic losses on both; encoder and decoder
/// by beta mean softplus(T(z_q)) - E log p(x|z), the generator that makes D call codes samples of the prior.
public struct AdversarialDivergence<Q: Posterior, P: Prior>: Divergence {
  let discriminator: any Network
  private let weight: DivergenceWeight
  private let steps: Int
  private let updates: DivergenceOptions.DiscriminatorUpdates

  /// A divergence by this discriminator of z.
  public init(
    discriminator: any Network, steps: Int = 1, updates: DivergenceOptions.DiscriminatorUpdates = .joint,
    weight: DivergenceWeight = DivergenceWeight()
  ) {
    self.discriminator = discriminator
    self.steps = steps
    self.updates = updates
    self.weight = weight
  }

  /// The discriminator's phases, then the generator's against the discriminator they made.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let discriminator =
      switch updates {
      case .joint: [joint(model)]
      case .separate: [half(model, isPosterior: false), half(model, isPosterior: true)]
      }
    return discriminator + [generator(model, objectiveScale: objectiveScale)]
  }

  private func joint<L: Likelihood>(_ model: Autoencoder<Q, P, L>) -> Phase {
    Phase(name: "discriminator", repeats: steps) { context in
      let codes = latent(model, context).detached()
      let samples = model.prior.sample(context.batch.count, using: context.generator)
      let logits = discriminator(Tensor.concatenate([samples, codes], over: 0))
      let count = context.batch.count
      let contest = LogisticContest(
        posterior: logits.narrowed(0, from: count, length: count),
        prior: logits.narrowed(0, from: 0, length: count))
      return PhaseResult(
        objectives: [
          Objective(name: .discriminator, value: contest.loss * 0.5, updates: .discriminator)
        ],
        metrics: { [contest.accuracy] })
    }
  }

  /// An update by one half of the loss alone. Each half reports half of it, so that their sum is the mean of both.
  private func half<L: Likelihood>(_ model: Autoencoder<Q, P, L>, isPosterior: Bool) -> Phase {
    Phase(name: isPosterior ? "discriminator of codes" : "discriminator of samples", repeats: steps) { context in
      let logits =
        isPosterior
        ? discriminator(latent(model, context).detached())
        : discriminator(model.prior.sample(context.batch.count, using: context.generator))
      let contest = LogisticContest(posterior: logits, prior: logits)
      let loss = isPosterior ? contest.posteriorLoss : contest.priorLoss
      let right = isPosterior ? logits.isGreater(than: 0) : logits.isAtMost(0)
      return PhaseResult(
        objectives: [Objective(name: .discriminator, value: loss, updates: .discriminator)],
        metrics: { [Metric(name: .accuracy, value: right.converted(to: .float32).mean())] })
    }
  }

  private func generator<L: Likelihood>(_ model: Autoencoder<Q, P, L>, objectiveScale: Double) -> Phase {
    Phase(name: "generator", repeats: 1) { context in
      let z = latent(model, context)
      let parameters = model.decode(z, labels: context.batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: context.batch.x, given: parameters)
      let adversarial = discriminator(z).softplus().mean()
      let value = (negative + adversarial * weight.value(at: context.step)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: {
          [Metric(name: .adversarial, value: adversarial)]
            + model.reconstructionMetrics(negative, of: context.batch.x, from: parameters)
        })
    }
  }

  /// The codes of the batch, with their graph: one pass of the encoder serves all phases of a step, since only the last
  /// moves the encoder.
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
    let discriminator = try plan.discriminator(plan.latentDimension)
    func compose<Q: Posterior, P: Prior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        AdversarialDivergence<Q, P>(
          discriminator: discriminator, steps: plan.options.discriminatorSteps,
          updates: plan.options.discriminatorUpdates, weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.prior, parts.likelihood)
  }
}
