import Elbo
import Foundation
import Torch

/// How likely a model finds examples, in nats.
///
/// log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x) where posterior and prior have densities: a lower bound on log p(x) in
/// expectation, tighter as K grows. Burda et al. 2016, eq. 8. Else the mean over K samples of E log p(x|z) less the
/// discriminator's estimate of the divergence, which is no bound; else of E log p(x|z) alone.
struct Scorer {
  private let run: TrainedRun
  let measure: ScoreMeasure

  init(_ run: TrainedRun) {
    self.run = run
    let few = run.test.prefix(1).batch
    let generator = Generator(seed: 0, device: few.x.device)
    measure = withoutGradients {
      if Self.logWeights(run.model, few, samples: 1, using: generator) != nil {
        return ScoreMeasure(name: "importance-weighted-bound", isBound: true)
      }
      return run.model.boundTerms(few, using: generator).divergence == nil
        ? ScoreMeasure(name: "reconstruction", isBound: false)
        : ScoreMeasure(name: "elbo-by-discriminator", isBound: false)
    }
  }

  /// A score of each example.
  func scores(_ batch: Batch, samples: Int, using generator: Generator) -> [Double] {
    let batch = drawn(batch, using: generator)
    if let weights = Self.logWeights(run.model, batch, samples: samples, using: generator) {
      return (weights.converted(to: .float64).logSumExp(over: [0]) - log(Double(samples))).values(
        as: Double.self)
    }
    let draws = (0..<samples).map { _ in
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

  private static func logWeights(
    _ model: any LatentVariableModel, _ batch: Batch, samples: Int, using generator: Generator
  ) -> Tensor? {
    (model as? any ImportanceWeighting)?.logWeights(batch, samples: samples, using: generator)
  }
}
