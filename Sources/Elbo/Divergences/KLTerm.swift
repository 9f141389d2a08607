import ElboDistributions
import Torch

/// KL(q(z|x), p(z)) from the densities of both, in closed form where there is one, or from the sample that is
/// decoded.
///
/// The objective is beta KL - E log p(x|z), minus the evidence lower bound at beta = 1. Kingma and Welling
/// 2014, eq. 3 (closed form: eq. 10; from samples: eq. 6).
public struct KLTerm<Q: DensityPosterior, P: DensityPrior>: Divergence {
  private let kind: DivergenceOptions.KL
  private let weight: DivergenceWeight
  private let freeBits: Double

  /// A term with this weight, of which `freeBits` nats a latent dimension cost nothing.
  public init(
    _ kind: DivergenceOptions.KL, weight: DivergenceWeight = DivergenceWeight(), freeBits: Double = 0
  ) {
    self.kind = kind
    self.weight = weight
    self.freeBits = freeBits
  }

  /// One phase with one objective.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let forward = { (context: StepContext) in
      let step = step(model, context)
      return PhaseResult(
        objectives: [
          Objective(name: .generator, value: step.cost * objectiveScale, updates: .generator)
        ], metrics: step.metrics)
    }
    return [Phase(name: "elbo", repeats: 1, forward: forward)]
  }

  /// What one forward pass gives: the latents, beta KL - E log p(x|z), and the metrics.
  func step<L: Likelihood>(
    _ model: Autoencoder<Q, P, L>, _ context: StepContext
  ) -> (z: Tensor, cost: Tensor, metrics: () -> [Metric]) {
    let batch = context.batch
    let conditional = model.conditional(batch)
    let sample = model.encoder.densitySample(conditional, using: context.generator)
    let parameters = model.decode(sample.z, labels: batch.labels)
    let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
    let kl = values(conditional, sample, model).mean()
    let paid = freeBits > 0 ? costBeyondFreeBits(conditional, kl, model) : kl
    return (
      sample.z, negative + paid * context.number(weight),
      {
        [Metric(name: .kl, value: kl), Metric(name: .elbo, value: -(negative + kl))]
          + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
      }
    )
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

  /// sum_d max(lambda, E KL_d): by dimension where both are normal, else max(d lambda, E KL) for all
  /// together. Kingma et al. 2016, eq. 15.
  private func costBeyondFreeBits<L: Likelihood>(
    _ conditional: Q.Conditional, _ kl: Tensor, _ model: Autoencoder<Q, P, L>
  ) -> Tensor {
    guard let normal = conditional as? DiagonalNormal, model.prior.distribution is StandardNormal else {
      return kl.clamped(from: freeBits * Double(model.prior.latentDimension))
    }
    let standard = Normal(mean: Tensor.zeros(like: normal.mean), scale: 1)
    return ElboDistributions.kl(from: normal.elements, to: standard).mean(over: [0]).clamped(from: freeBits)
      .sum()
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
    let (encoder, prior) = try parts.densities()
    func compose<Q: DensityPosterior, P: DensityPrior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        KLTerm<Q, P>(plan.options.kl, weight: plan.weight, freeBits: plan.options.freeBits),
        objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
