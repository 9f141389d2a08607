import ElboDistributions
import Torch

extension Evaluator.Metric {
  /// KL(q(z), p(z)) of the aggregated posterior q(z) = E q(z|x) from the prior, in nats:
  /// -H(q) - E_q log p(z), the entropy H by distances to nearest neighbours.
  static let aggregatedKL = Self(
    summary: "KL divergence of the aggregated posterior from the prior, by nearest neighbours",
    effort: .large,
    obstacle: { $0.model.priorDistribution == nil ? "the prior has no density" : nil },
    estimate: { evaluator in
      let z = try evaluator.aggregatedSamples(20_000)
      let logPrior = evaluator.model.priorDistribution!.logDensity(at: z).converted(to: .float64)
        .values(as: Double.self)
      let logDensity = NeighbourDensity(of: z).logDensities
      return Estimate(meanOf: zip(logDensity, logPrior).map { $0 - $1 }, unit: "nats")
    })

  /// The energy distance of the aggregated posterior from the prior, by samples of each.
  static let energyDistance = Self(
    summary: "energy distance of the aggregated posterior from the prior, from 0", effort: .large,
    obstacle: { _ in nil },
    estimate: { evaluator in
      let z = try evaluator.aggregatedSamples(5_000)
      let generator = Generator(seed: evaluator.seed ^ 0x70_7269, device: z.device)
      return EnergyDistance(z, evaluator.model.samplePrior(z.size(0), using: generator)).estimate
    })
}

extension Evaluator {
  /// Samples of the aggregated posterior: one of q(z|x) for each example, and more for each where examples
  /// are fewer than `count`; of the first `count` examples where they are more.
  func aggregatedSamples(_ count: Int) throws -> Tensor {
    let generator = Generator(seed: seed, device: dataset.device)
    let examples = dataset.prefix(count)
    let samples = try (0..<max(1, count / examples.count)).map { _ in
      try rows(examples, "posterior samples") { model.encode($0, using: generator) }
    }
    return Tensor.concatenate(samples, over: 0)
  }
}
