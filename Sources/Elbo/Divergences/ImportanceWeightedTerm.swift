import ElboDistributions
import Foundation
import Torch

/// Minus the importance-weighted bound: -log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x), z_k independent samples of
/// q(z|x). At K = 1 it is minus the evidence lower bound; it falls to -log p(x) as K grows. Burda et al.
/// 2016, eq. 8.
public struct ImportanceWeightedTerm<Q: DensityPosterior, P: DensityPrior>: Divergence {
  private let samples: Int
  private let weight: DivergenceWeight

  /// A bound of so many samples. The weight multiplies log q - log p inside the sum.
  public init(samples: Int, weight: DivergenceWeight = DivergenceWeight()) {
    self.samples = samples
    self.weight = weight
  }

  /// One phase with one objective.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let step = { (context: StepContext) in
      let batch = context.batch
      let conditional = model.conditional(batch)
      let draws = (0..<samples).map { _ in
        model.encoder.densitySample(conditional, using: context.generator)
      }
      let prior = model.prior.distribution
      let labels = batch.labels.map { labels in Tensor.concatenate(draws.map { _ in labels }, over: 0) }
      // All samples pass the decoder together.
      let parameters = model.decode(Tensor.concatenate(draws.map(\.z), over: 0), labels: labels)
      let all = Tensor.concatenate(draws.map { _ in batch.x }, over: 0)
      let reconstruction = model.likelihood.logDensity(of: all, given: parameters).reshaped([samples, -1])
      let ratio = Tensor.stack(draws.map { $0.logDensity() - prior.logDensity(at: $0.z) })
      let weights = reconstruction - ratio * context.number(weight)
      let bound = (weights.logSumExp(over: [0]) - Foundation.log(Double(samples))).mean()
      return PhaseResult(
        objectives: [Objective(name: .generator, value: -bound * objectiveScale, updates: .generator)],
        metrics: {
          [
            Metric(name: .importanceWeightedBound, value: bound), Metric(name: .kl, value: ratio.mean()),
            Metric(name: .elbo, value: (reconstruction - ratio).mean()),
          ] + model.reconstructionMetrics(-reconstruction.mean(), of: all, from: parameters)
        })
    }
    return [Phase(name: "importance-weighted bound", repeats: 1, forward: step)]
  }

  /// The terms of the evidence lower bound, which one sample gives.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    KLTerm<Q, P>(.analytic).boundTerms(batch, of: model, using: generator)
  }
}

extension Divergences {
  static func composeImportanceWeighted(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    let (encoder, prior) = try parts.densities()
    func compose<Q: DensityPosterior, P: DensityPrior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        ImportanceWeightedTerm<Q, P>(samples: plan.options.samples, weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(encoder, prior, parts.likelihood)
  }
}
