import ElboDistributions
import Torch

/// A model that weighs samples of its posterior where posterior and prior have densities.
package protocol ImportanceWeighting {
  /// log p(x|z) + log p(z) - log q(z|x) of samples z of q(z|x), in nats: [samples, n]; nil where q(z|x) or p(z) has no
  /// density. Burda et al. 2016, eq. 8.
  func logWeights(_ batch: Batch, samples: Int, using generator: Generator) -> Tensor?
}

extension ComposedModel: ImportanceWeighting {
  package func logWeights(_ batch: Batch, samples: Int, using generator: Generator) -> Tensor? {
    guard let encoder = autoencoder.encoder as? any DensityPosterior, let prior = priorDistribution else {
      return nil
    }
    let draws = Self.draws(
      encoder, autoencoder.conditioning.encoderInput(batch), samples: samples, using: generator)
    let z = Tensor.concatenate(draws.map(\.z), over: 0)
    // All samples pass the decoder together.
    let all = Batch(batch.x.tiled([samples, 1]), labels: batch.labels?.tiled([samples]))
    let joint = logLikelihood(of: all, given: z) + prior.logDensity(at: z)
    return (joint - Tensor.concatenate(draws.map { $0.logDensity() }, over: 0)).reshaped([
      samples, batch.count,
    ])
  }

  private static func draws<Q: DensityPosterior>(
    _ encoder: Q, _ input: Tensor, samples: Int, using generator: Generator
  ) -> [DensitySample] {
    let conditional = encoder.conditional(given: input)
    return (0..<samples).map { _ in encoder.densitySample(conditional, using: generator) }
  }
}
