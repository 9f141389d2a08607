import ElboDistributions
import Torch

/// KL(q(z|x), p(z)) from the densities of both, in closed form where there is one, or from the sample that is decoded.
///
/// The objective is beta KL - E log p(x|z), minus the evidence lower bound at beta = 1. Kingma and Welling 2014, eq. 3
/// (closed form: eq. 10; from samples: eq. 6).
public struct KLTerm<Q: DensityPosterior, P: DensityPrior>: Divergence {
  private let kind: DivergenceOptions.KL
  private let weight: DivergenceWeight

  /// A term with this weight.
  public init(_ kind: DivergenceOptions.KL, weight: DivergenceWeight = DivergenceWeight()) {
    self.kind = kind
    self.weight = weight
  }

  /// One phase with one objective.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let step = { (context: StepContext) in
      let batch = context.batch
      let conditional = model.conditional(batch)
      let sample = model.encoder.densitySample(conditional, using: context.generator)
      let parameters = model.decode(sample.z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let kl = values(conditional, sample, model).mean()
      let value = (negative + kl * weight.value(at: context.step)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: {
          [Metric(name: .kl, value: kl), Metric(name: .elbo, value: -(negative + kl))]
            + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
    return [Phase(name: "elbo", repeats: 1, forward: step)]
  }

  /// The divergence of each example; with the reconstruction it gives a lower bound.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    let conditional = model.conditional(batch)
    let sample = model.encoder.densitySample(conditional, using: generator)
    return (
      sample.z, DivergenceEstimate(values: values(conditional, sample, model), name: .kl, givesBound: true)
    )
  }

  /// KL of each example: [n]. Where no closed form is known, from the sample.
  private func values<L: Likelihood>(
    _ conditional: Q.Conditional, _ sample: DensitySample, _ model: Autoencoder<Q, P, L>
  ) -> Tensor {
    let prior = model.prior.distribution
    let exact = kind == .analytic ? model.encoder.closedFormKL(conditional, to: prior) : nil
    return exact ?? (sample.logDensity() - prior.logDensity(at: sample.z))
  }
}

extension Divergences {
  static func composeKL(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    guard let encoder = parts.encoder as? any DensityPosterior else {
      throw ConfigurationError(
        "a KL divergence needs the posterior's density, and this kind of posterior has none",
        at: "posterior.kind", remedy: "use divergence.kind=density-ratio or adversarial, or posterior.kind=gaussian")
    }
    guard let prior = parts.prior as? any DensityPrior else {
      throw ConfigurationError(
        "a KL divergence needs the prior's density, and this kind of prior has none", at: "prior.kind")
    }
    func compose<Q: DensityPosterior, P: DensityPrior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        KLTerm<Q, P>(plan.options.kl, weight: plan.weight), objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
