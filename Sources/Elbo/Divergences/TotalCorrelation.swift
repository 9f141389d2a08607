import ElboDistributions
import Torch

/// KL(q(z|x), p(z)) plus gamma times the total correlation KL(q(z), prod_d q(z_d)), by a discriminator that
/// tells codes from codes whose dimensions were shuffled over the batch, each on its own. Kim and Mnih 2018
/// (FactorVAE), eq. 2 and algorithm 1.
public struct TotalCorrelation<Q: DensityPosterior, P: DensityPrior>: Divergence {
  let discriminator: any Network
  private let term: KLTerm<Q, P>
  private let gamma: Double
  private let steps: Int
  private let adaptiveSteps: AdaptiveSteps
  private let rules: DiscriminatorRules

  /// A divergence with this weight of the total correlation.
  public init(
    discriminator: any Network, term: KLTerm<Q, P>, gamma: Double, steps: Int = 1,
    adaptiveSteps: AdaptiveSteps = AdaptiveSteps(),
    rules: DiscriminatorRules = DiscriminatorRules()
  ) {
    self.discriminator = discriminator
    self.term = term
    self.gamma = gamma
    self.steps = steps
    self.adaptiveSteps = adaptiveSteps
    self.rules = rules
  }

  /// The bound's phase with the total correlation added, then the discriminator's.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let generator = Phase(name: "bound and total correlation", repeats: 1) { context in
      let parts = term.step(model, context)
      let correlation = discriminator(rules.blurred(parts.z, context)).mean()
      context.sharedLatent = parts.z
      return PhaseResult(
        objectives: [
          Objective(
            name: .generator, value: (parts.cost + correlation * gamma) * objectiveScale, updates: .generator)
        ],
        metrics: { parts.metrics() + [Metric(name: .totalCorrelation, value: correlation)] })
    }
    let contest = Phase(name: "discriminator", repeats: steps, steering: adaptiveSteps.steering()) {
      context in
      let codes = context.sharedLatent!.detached()
      let shuffled = rules.prepared(shuffledDimensions(codes, context), context)
      let contest = LogisticContest(
        posterior: discriminator(rules.blurred(codes, context)), prior: discriminator(shuffled), rules: rules,
        priorSamples: shuffled)
      return PhaseResult(
        objectives: [Objective(name: .discriminator, value: contest.loss * 0.5, updates: .discriminator)],
        metrics: { [contest.accuracy] })
    }
    return [generator, contest]
  }

  /// Every column of the whole batch in an order of its own.
  private func shuffledDimensions(_ z: Tensor, _ context: StepContext) -> Tensor {
    let whole = context.wholeBatch(of: z)
    return Tensor.stack(
      (0..<z.size(1)).map { d in
        let order = Tensor.randomPermutation(whole.size(0), using: context.generator)
        return whole.selected(1, at: d).gathered(context.ownRows(of: order))
      }, over: 1)
  }

  /// Those of the evidence lower bound: the total correlation is no part of it.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    term.boundTerms(batch, of: model, using: generator)
  }
}

extension Divergences {
  static func composeTotalCorrelation(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    let (encoder, prior) = try parts.densities()
    let discriminator = try plan.discriminator(plan.latentDimension)
    func compose<Q: DensityPosterior, P: DensityPrior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        TotalCorrelation<Q, P>(
          discriminator: discriminator,
          term: KLTerm(plan.options.kl, weight: plan.weight, freeBits: plan.options.freeBits),
          gamma: plan.options.totalCorrelation, steps: plan.options.discriminatorSteps,
          adaptiveSteps: plan.options.adaptiveSteps, rules: plan.options.rules),
        objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
