import ElboDistributions
import Torch

/// KL(q(z|x), p(z)) from the densities of both, in closed form or from the sample that is decoded.
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
      let conditional = model.encoder.conditional(given: context.x)
      let z = model.encoder.sample(conditional, using: context.generator)
      let parameters = model.decoder(z)
      let negative = model.likelihood.meanNegativeLogDensity(of: context.x, given: parameters)
      let kl = values(conditional, z, prior: model.prior).mean()
      let value = (negative + kl * weight.value(at: context.step)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: {
          [Metric(name: .kl, value: kl), Metric(name: .elbo, value: -(negative + kl))]
            + model.reconstructionMetrics(negative, of: context.x, from: parameters)
        })
    }
    return [Phase(name: "elbo", repeats: 1, forward: step)]
  }

  /// The divergence of each example; with the reconstruction it gives a lower bound.
  public func estimate(
    _ conditional: Q.Conditional, _ z: Tensor, given x: Tensor, prior: P
  ) -> DivergenceEstimate? {
    DivergenceEstimate(values: values(conditional, z, prior: prior), name: .kl, givesBound: true)
  }

  private func values(_ conditional: Q.Conditional, _ z: Tensor, prior: P) -> Tensor {
    switch kind {
    case .analytic: KLDivergence.standard.closedForm(from: conditional, to: prior.distribution)
        ?? (conditional.logDensity(at: z) - prior.distribution.logDensity(at: z))
    case .monteCarlo: conditional.logDensity(at: z) - prior.distribution.logDensity(at: z)
    }
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
        Autoencoder(encoder: encoder, decoder: parts.decoder, prior: prior, likelihood: likelihood),
        KLTerm<Q, P>(plan.options.kl, weight: plan.weight), objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
