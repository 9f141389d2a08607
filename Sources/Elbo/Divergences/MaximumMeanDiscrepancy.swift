import Foundation
import Torch

/// The maximum mean discrepancy of the aggregated posterior from the prior: E k(z, z') + E k(p, p') - 2 E
/// k(z, p), by the unbiased estimate within a batch. Gretton et al. 2012, eq. 3; the Wasserstein autoencoder
/// of Tolstikhin et al. 2018, algorithm 2.
///
/// Kernels of several widths are added: rbf exp(-d^2 / (2 s)), imq s / (s + d^2), s around twice the latent
/// dimension, the mean squared distance of two samples of N(0, I).
public struct MaximumMeanDiscrepancy<Q: Posterior, P: Prior>: Divergence {
  private let kernel: DivergenceOptions.Kernel
  private let weight: DivergenceWeight

  /// A discrepancy by this kernel.
  public init(_ kernel: DivergenceOptions.Kernel, weight: DivergenceWeight = DivergenceWeight()) {
    self.kernel = kernel
    self.weight = weight
  }

  /// One phase with one objective.
  public func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase] {
    let step = { (context: StepContext) in
      let batch = context.batch
      let z = model.sample(batch, using: context.generator)
      let parameters = model.decode(z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let samples = model.prior.sample(batch.count, using: context.generator)
      let discrepancy = context.overWholeBatch([z, samples]) { self.discrepancy($0[0], $0[1]) }
      let value = (negative + discrepancy * context.number(weight)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: {
          [Metric(name: .mmd, value: discrepancy)]
            + model.reconstructionMetrics(negative, of: batch.x, from: parameters)
        })
    }
    return [Phase(name: "reconstruction and discrepancy", repeats: 1, forward: step)]
  }

  /// The unbiased estimate from n samples of each: a scalar.
  package func discrepancy(_ a: Tensor, _ b: Tensor) -> Tensor {
    let count = Double(a.size(0))
    // The diagonal, where a sample meets itself, is left out: each kernel is as many as there are widths
    // there.
    func within(_ z: Tensor) -> Tensor {
      (similarity(z, z).sum() - count * Double(widths.count)) / (count * (count - 1))
    }
    return within(a) + within(b) - similarity(a, b).mean() * 2
  }

  private let widths = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0]

  private func similarity(_ a: Tensor, _ b: Tensor) -> Tensor {
    let dimension = Double(a.size(1))
    let distance =
      (a.squared().sum(over: [1], keeping: true) - a.matmul(b.transposed()) * 2 + b.squared().sum(over: [1]))
      .clamped(from: 0)
    return widths.map { width in
      let scale = 2 * dimension * width
      return kernel == .rbf ? (distance * (-0.5 / scale)).exp() : scale / (distance + scale)
    }.reduce(Tensor.zeros(like: distance)) { $0 + $1 }
  }
}

extension Divergences {
  static func composeMaximumMeanDiscrepancy(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    func compose<Q: Posterior, P: Prior, L: Likelihood>(
      _ encoder: Q, _ prior: P, _ likelihood: L
    ) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood),
        MaximumMeanDiscrepancy<Q, P>(plan.options.kernel, weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.prior, parts.likelihood)
  }
}
