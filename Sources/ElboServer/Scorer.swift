import Elbo
import Foundation
import Torch

/// How likely a model finds examples, in nats.
///
/// log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) where the prior has a density and the posterior samples to weigh, K = 64: a
/// lower bound on log p(x) in expectation, tighter as K grows. Burda et al. 2016, eq. 8. Else the mean over K samples of
/// log p(x|z) less the discriminator's estimate of the divergence, which is no bound; else of log p(x|z) alone.
package struct Scorer {
  /// The samples of z for each example, K.
  static let samples = 64
  /// The most rows that pass the decoder together.
  private static let rows = 2048

  private let run: TrainedRun
  package let measure: ScoreMeasure

  package init(_ run: TrainedRun) throws {
    self.run = run
    guard run.model.importanceWeightingObstacle != nil else {
      measure = ScoreMeasure(name: "importance-weighted-bound", isBound: true)
      return
    }
    let one = try run.test.batch(0..<1)
    let hasDivergence = withoutGradients {
      run.model.boundTerms(one, using: Generator(seed: 0, device: one.x.device)).divergence != nil
    }
    measure = ScoreMeasure(
      name: hasDivergence ? "elbo-by-discriminator" : "reconstruction", isBound: false)
  }

  /// A score of each example.
  package func scores(_ batch: Batch, using generator: Generator) -> [Double] {
    let batch = drawn(batch, using: generator)
    if measure.isBound {
      let weights = run.model.logImportanceWeights(
        batch, samples: Self.samples, rows: Self.rows, using: generator)
      return (weights.logSumExp(over: [0]) - log(Double(Self.samples))).values(as: Double.self)
    }
    let draws = (0..<Self.samples).map { _ in
      let terms = run.model.boundTerms(batch, using: generator)
      let value = terms.divergence.map { terms.reconstruction - $0.values } ?? terms.reconstruction
      return value.converted(to: .float64)
    }
    return Tensor.stack(draws, over: 0).mean(over: [0]).values(as: Double.self)
  }

  /// The examples as the encoder saw them in training: where pixels were drawn anew for each batch, one draw of them.
  private func drawn(_ batch: Batch, using generator: Generator) -> Batch {
    guard run.configuration.data.binarisation == .dynamic else { return batch }
    return Batch(Tensor.bernoulli(batch.x, using: generator), labels: batch.labels)
  }
}
