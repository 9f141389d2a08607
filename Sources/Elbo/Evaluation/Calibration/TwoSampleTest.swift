import ElboData
import Foundation
import Torch

/// Whether a discriminator T(x, z) has missed something: a fresh classifier T + h learns to tell the same two kinds of
/// pairs apart, starting from T, and is judged on examples it has not seen.
///
/// The logistic loss is smallest at log q(z|x) - log p(z), so that any h that lowers it on fresh pairs proves that T is
/// not that. In place of the accuracy of Lopez-Paz and Oquab 2017, which near-certain classifiers hardly move, the
/// statistic is the mean gain in log likelihood of a pair; under the hypothesis that T is optimal no h gains, in
/// expectation. No gain proves little: h may not have learned.
struct TwoSampleTest {
  /// log-loss of T less that of T + h: nats for a pair of one sample of each kind.
  let gain: Estimate
  /// The probability of such a gain or a larger one without a true one, by the normal distribution of the mean.
  var pValue: Double { 0.5 * erfc(gain.value / gain.standardError / 2.0.squareRoot()) }

  init(
    _ model: any LatentVariableModel, _ dataset: Dataset, steps: Int = 500, pairs: Int = 256,
    using generator: Generator
  ) throws {
    let order = Tensor.randomPermutation(dataset.count, using: generator).values(as: Int64.self).map(Int.init)
    let middle = (dataset.count + 1) / 2
    // A single example has to serve both.
    let halves = [order[..<middle], dataset.count > 1 ? order[middle...] : order[...]].map {
      dataset.examples(at: Array($0))
    }
    let network = DenseNetwork(
      widths: [dataset.featureCount + model.latentDimension + 1, 128, 128, 1], activation: .relu,
      initialiser: .heUniform, using: generator)
    // It starts as T itself.
    network.layers[2].weight.tensor.fill(0)
    let optimiser = Adam(network.parameters)

    /// T and T + h at pairs of examples of a half.
    func logits(_ half: Dataset) throws -> (own: [Tensor], fresh: [Tensor]) {
      let rows = Tensor.randomIntegers(below: half.count, shape: [pairs], using: generator)
      let batch = try half.batch(at: rows)
      let contest = withoutGradients { model.discriminatorContest(batch, using: generator)! }
      let own = [contest.posteriorLogits, contest.referenceLogits]
      let fresh = zip([contest.posterior, contest.reference], own).map { z, t in
        // What T says is known to h, at a scale like that of the others.
        let seen = (t / 10).clamped(from: -3, to: 3).unsqueezed(1)
        return t + network(Tensor.concatenate([batch.x, z, seen], over: 1)).squeezed(1)
      }
      return (own, fresh)
    }
    func loss(_ logits: [Tensor]) -> Tensor { (-logits[0]).softplus() + logits[1].softplus() }

    for step in 0..<steps {
      try withGradients {
        let gradients = gradient(
          of: loss(try logits(halves[0]).fresh).mean(), withRespectTo: network.parameters.tensors)
        optimiser.step(gradients: gradients, rate: 2e-3 * (1 - 0.9 * Double(step) / Double(steps)))
      }
    }
    let gains = try (0..<max(1, 20_000 / pairs)).flatMap { _ in
      let (own, fresh) = try logits(halves[1])
      return (loss(own) - loss(fresh)).converted(to: .float64).values(as: Double.self)
    }
    gain = Estimate(meanOf: gains, unit: "nats/pair")
  }
}
