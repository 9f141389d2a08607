import Torch

/// The aggregated posterior q(z) = E q(z|x) against the prior p(z), by samples of each; what each estimator's
/// bias and variance are stands with its type.
extension Evaluator.Metric {
  /// The squared maximum mean discrepancy, a Gaussian kernel as wide as the median distance; and
  /// `mmd-p-value`, the probability of as much or more where the two are the same, by 500 permutations:
  /// `KernelDiscrepancy`.
  static let mmd = Self(
    summary: "squared maximum mean discrepancy of the aggregated posterior from the prior, with its p-value",
    effort: .large, obstacle: { _ in nil },
    judge: { evaluator, name in
      let (z, prior) = try evaluator.aggregatedAndPrior()
      let generator = Generator(seed: evaluator.seed ^ 0x6D_6D64, device: z.device)
      let width = KernelDiscrepancy.medianDistance(z, prior, using: generator)
      let found = KernelDiscrepancy(
        z, prior, kernel: .gaussian(width: width), permutations: 500, using: generator,
        progress: evaluator.progress(name))
      let p = found.pValue
      return Judgement(estimates: [
        name: Estimate(
          value: found.value, standardError: found.standardError, count: z.size(0),
          unit: "squared discrepancy"),
        name + "-p-value": Estimate(
          value: p, standardError: (p * (1 - p) / 501).squareRoot(), count: 500, unit: "probability"),
      ])
    })

  /// The sliced Wasserstein distance over 200 directions: `SlicedWasserstein`.
  static let slicedWasserstein = Self(
    summary: "sliced Wasserstein distance of order 2 of the aggregated posterior from the prior",
    effort: .large,
    obstacle: { _ in nil },
    estimate: { evaluator in
      let (z, prior) = try evaluator.aggregatedAndPrior()
      let generator = Generator(seed: evaluator.seed ^ 0x736C_6963, device: z.device)
      let found = SlicedWasserstein(
        z, prior, along: SlicedWasserstein.directions(200, z.size(1), using: generator))
      return Estimate(
        value: found.value, standardError: found.standardError, count: z.size(0), unit: "latent units")
    })

  /// The squared kernel Stein discrepancy: `KernelSteinDiscrepancy`.
  static let kernelSteinDiscrepancy = Self(
    summary: "squared kernel Stein discrepancy of the aggregated posterior from the prior's density",
    effort: .large,
    obstacle: { evaluator in
      guard let prior = evaluator.model.priorDistribution else { return "the prior has no density" }
      let generator = Generator(seed: 0, device: evaluator.dataset.device)
      let z = withoutGradients { evaluator.model.samplePrior(2, using: generator) }
      return KernelSteinDiscrepancy.scores(of: prior, at: z) == nil
        ? "the prior's density has no gradient" : nil
    },
    estimate: { evaluator in
      let z = try evaluator.aggregatedSamples(5_000)
      return KernelSteinDiscrepancy(
        z, scores: KernelSteinDiscrepancy.scores(of: evaluator.model.priorDistribution!, at: z)!
      ).estimate
    })

  /// The Kolmogorov-Smirnov statistic of the dimension where it is largest, that of each dimension by its
  /// number from 1, and `kolmogorov-smirnov-p-value`, corrected for the number of dimensions:
  /// `KolmogorovSmirnov`. The standard error of a statistic is the largest that such a difference of
  /// fractions can have; the p-value is a bound and has none.
  static let kolmogorovSmirnov = Self(
    summary:
      "Kolmogorov-Smirnov distance from the prior, of each latent dimension and the worst, with a p-value",
    effort: .large, obstacle: { _ in nil },
    judge: { evaluator, name in
      let (z, prior) = try evaluator.aggregatedAndPrior()
      let found = KolmogorovSmirnov(z, prior)
      let count = z.size(0)
      func statistic(_ value: Double) -> Estimate {
        Estimate(
          value: value, standardError: (0.5 / Double(count)).squareRoot(), count: count,
          unit: "difference of fractions")
      }
      var estimates = [
        name: statistic(found.statistics[found.worst]),
        name + "-p-value": Estimate(value: found.pValue, standardError: 0, count: count, unit: "probability"),
      ]
      for (dimension, value) in found.statistics.enumerated() {
        estimates["\(name)-\(dimension + 1)"] = statistic(value)
      }
      return Judgement(estimates: estimates)
    })

  /// I(x; z) under the encoder, q(z) the mixture of at most 10,000 posteriors: `MutualInformation`.
  static let mutualInformation = Self(
    summary: "mutual information of examples and codes, at most the log of their number", effort: .large,
    unit: "nats",
    obstacle: { evaluator in
      withoutGradients { evaluator.model.posterior(given: evaluator.dataset.prefix(1).batch).distribution }
        == nil
        ? "the posterior's density is not known at other examples' codes" : nil
    },
    examples: { evaluator in
      let generator = Generator(seed: evaluator.seed, device: evaluator.dataset.device)
      let posteriors = try evaluator.dataset.prefix(10_000).mapBatches(of: 500) {
        evaluator.model.posterior(given: $0).distribution!
      }
      let z = Tensor.concatenate(posteriors.map { $0.sample(using: generator) }, over: 0)
      return MutualInformation(z, posteriors, progress: evaluator.progress("mutual-information")).values
    })

  /// The number of latent dimensions whose posterior mean varies by more than .01: `ActiveUnits`. Means
  /// without a formula are averages of 16 draws.
  static let activeUnits = Self(
    summary: "latent dimensions whose posterior mean varies over examples", effort: .large,
    obstacle: { $0.dataset.count > 1 ? nil : "one example has no variance" },
    estimate: { evaluator in
      let generator = Generator(seed: evaluator.seed, device: evaluator.dataset.device)
      let means = try evaluator.rows(evaluator.dataset, "posterior means") {
        evaluator.model.encodeMean($0, samples: 16, using: generator)
      }
      return ActiveUnits(means: means, seed: evaluator.seed).estimate
    })
}

extension Evaluator {
  /// Samples of the aggregated posterior, and as many of the prior.
  func aggregatedAndPrior() throws -> (Tensor, Tensor) {
    let z = try aggregatedSamples(5_000)
    let generator = Generator(seed: seed ^ 0x70_7269, device: z.device)
    return (z, model.samplePrior(z.size(0), using: generator))
  }
}
