import Foundation
import Torch

extension Evaluator.Metric {
  /// E log p(x|z) - D, z one sample of q(z|x): unbiased for the evidence lower bound where D is a KL
  /// divergence. Kingma and Welling 2014, eq. 3. With D by a discriminator it is no bound and can exceed log
  /// p(x). Its variance is that of examples and of z.
  static let elbo = Self(
    summary: "evidence lower bound; by the discriminator, an estimate that is no bound", effort: .onePass,
    obstacle: withoutDivergence,
    judge: { evaluator, name in
      let bound = try evaluator.bound
      return Judgement(name, examples: bound.elbo!, unit: "nats/example", warning: bound.warning)
    })

  /// -ELBO / (features log 2): the bits that a code by this model spends on a feature, bits back. It bounds the
  /// cost from above where the ELBO is a bound, and is a code length where the likelihood is of discrete values; of a
  /// density on [0, 1] it is the differential one, which can be below 0.
  static let bitsPerDimension = Self(
    summary: "minus the evidence lower bound in bits for each feature", effort: .onePass,
    obstacle: { evaluator in
      if let missing = withoutDivergence(evaluator) { return missing }
      return evaluator.dataset.image == nil && evaluator.dataset.range != 0...1
        ? "the features are neither pixels nor numbers on [0, 1]" : nil
    },
    judge: { evaluator, name in
      let scale = -1 / (Double(evaluator.dataset.featureCount) * log(2))
      let bound = try evaluator.bound
      return Judgement(
        name, examples: bound.elbo!.map { $0 * scale }, unit: "bits/dimension", warning: bound.warning)
    })

  /// E log p(x|z), z one sample of q(z|x). Unbiased.
  static let reconstruction = Self(
    summary: "E log p(x|z) under the posterior", effort: .onePass, unit: "nats/example",
    obstacle: { _ in nil }, examples: { try $0.bound.reconstruction })

  /// KL(q(z|x), p(z)) from both densities. Unbiased.
  static let kl = Self(
    summary: "KL divergence of the posterior from the prior", effort: .onePass, unit: "nats/example",
    obstacle: { $0.divergence?.name == .kl ? nil : "the posterior has no density" },
    examples: { try $0.bound.divergence! })

  /// E T(x, z): KL(q(z|x), p(z)) where T is optimal, else off by an unknown amount. Mescheder et al. 2017,
  /// eq. 3.4.
  static let logDensityRatio = Self(
    summary: "the discriminator's estimate of the KL divergence", effort: .onePass, unit: "nats/example",
    obstacle: { $0.divergence?.name == .logDensityRatio ? nil : "there is no discriminator of x and z" },
    examples: { try $0.bound.divergence! })

  /// The squared error of E[x|z], z one sample of q(z|x), averaged over features.
  static let mse = Self(
    summary: "squared error of the mean reconstruction", effort: .onePass, unit: "squared units/feature",
    obstacle: { _ in nil }, examples: { try $0.bound.squaredError })

  private static let withoutDivergence: @Sendable (Evaluator) -> String? = {
    $0.divergence == nil
      ? "this divergence is one of the aggregated posterior, which bounds no likelihood" : nil
  }
}

/// The terms of the evidence lower bound of each example, averaged over its samples of z.
struct BoundColumns {
  var reconstruction: [Double] = []
  var divergence: [Double]?
  var squaredError: [Double] = []
  /// Said of a bound that is none.
  var warning: String?

  /// Reconstruction less divergence, where there is one.
  var elbo: [Double]? { divergence.map { zip(reconstruction, $0).map { $0 - $1 } } }
}

extension Evaluator {
  /// The terms of the bound, by one pass for all metrics that are made of them. The draws for a seed are those of
  /// batches of 500, whatever batches anything else takes.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  var bound: BoundColumns {
    get throws {
      if let known = shared.bound { return known }
      let generator = Generator(seed: seed, device: dataset.device)
      var columns = BoundColumns()
      var divergences: [Double] = []
      let total = dataset.batchCount(of: 500)
      var done = 0
      let passes = BoundPasses(model, using: generator, passes: total * samples)
      try dataset.forEachBatch(of: 500) { batch in
        let terms = passes.terms(of: batch, samples: samples)
        columns.reconstruction += terms.reconstruction
        columns.squaredError += terms.squaredError
        divergences += terms.divergence ?? []
        done += 1
        watch(EvaluationProgress(task: "bound", done: done, total: total))
      }
      if passes.givesBound == false {
        columns.warning = "the divergence is by a discriminator: an estimate, no lower bound"
      }
      columns.divergence = divergences.isEmpty ? nil : divergences
      shared.bound = columns
      return columns
    }
  }
}
