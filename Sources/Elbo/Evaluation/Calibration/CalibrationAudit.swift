import ElboData
import Foundation
import Torch

extension Evaluator.Metric {
  /// What a discriminator's T(x, z) is worth: KL(q(z|x), p(z)) by T less the same by `KnownDivergence`; the "ELBO" by T
  /// less log p(x), by quadrature or annealed importance sampling, which no true bound exceeds; a `TwoSampleTest`;
  /// and the error of `Reliability`. What each finds wrong is said as a warning: more than three standard errors, and
  /// more than .05 nats, where nearest neighbours have biases of their own (.01 for the test, which has none).
  static let calibration = Self(
    summary: "what the discriminator's divergence is worth: an audit with warnings", effort: .large,
    obstacle: { evaluator in
      if evaluator.divergence?.name != .logDensityRatio { return "there is no discriminator of x and z" }
      return evaluator.model.priorDistribution == nil ? "the prior has no density" : nil
    },
    judge: { evaluator, name in try CalibrationAudit(evaluator).judgement(name) })
}

/// Numbers with and without a discriminator, example by example.
struct CalibrationAudit {
  private let evaluator: Evaluator
  /// The distinct examples where they are few, each with the share of the split that is like it; else as many as a long
  /// computation is made for.
  private let examples: Dataset
  private let shares: [Double]
  private let isPopulation: Bool

  init(_ evaluator: Evaluator) throws {
    self.evaluator = evaluator
    let few = evaluator.fewExamples
    let all = evaluator.dataset.featureCount <= 16 ? evaluator.dataset : few
    let population = try all.distinct(atMost: 16)
    isPopulation = population != nil
    examples = population?.rows ?? few
    var counts = [Double](repeating: 0, count: examples.count)
    for place in population?.places ?? [] { counts[place] += 1 / Double(all.count) }
    shares = counts
  }

  func judgement(_ name: String) throws -> Judgement {
    let model = evaluator.model
    let generator = Generator(seed: evaluator.seed ^ 0x61_7564, device: examples.device)
    let draws = isPopulation ? 4000 : 400
    let byRatio = terms(draws, using: generator)
    let known = KnownDivergence(model, examples.batch, samples: draws, using: generator)

    let difference = mean(
      zip(byRatio.divergence, known.values).map { $0.value - $1 },
      errors: zip(byRatio.divergence, known.standardErrors).map { hypot($0.standardError, $1) })
    var found = Judgement()
    found.estimates[name] = difference.warned(
      known.isReliable && abs(difference.value) > 3 * difference.standardError + 0.05
        ? "KL(q(z|x), p(z)) by the discriminator is off by \(text(difference)) nats, judged by \(known.method.rawValue)"
        : nil)
    found.estimates[name + "-kl-by-discriminator"] = mean(
      byRatio.divergence.map(\.value), errors: byRatio.divergence.map(\.standardError))
    found.estimates[name + "-kl-by-" + known.method.rawValue] = mean(
      known.values, errors: known.standardErrors)

    let (evidence, source) = try logLikelihoods()
    let excess = mean(
      zip(byRatio.bound, evidence).map { $0.value - $1 }, errors: byRatio.bound.map(\.standardError))
    let bound = mean(byRatio.bound.map(\.value), errors: byRatio.bound.map(\.standardError))
    let truth = mean(evidence, errors: evidence.map { _ in 0 })
    found.estimates[name + "-elbo-excess"] = excess.warned(
      excess.value > 3 * excess.standardError + 0.01
        ? "this ELBO exceeds log p(x): \(text(bound)) by the discriminator, \(text(truth)) by \(source), \(text(excess)) too much"
        : nil)
    found.estimates[name + "-log-likelihood-by-" + source] = truth

    let test = try TwoSampleTest(model, evaluator.dataset, using: generator)
    found.estimates[name + "-two-sample-gain"] = test.gain.warned(
      test.gain.value > 3 * test.gain.standardError + 0.01
        ? "a fresh classifier gains \(text(test.gain)) nats a pair on the discriminator (p = \(String(format: "%.1g", test.pValue)))"
        : nil)
    if let logits = try evaluator.discriminatorLogits(20_000, using: generator) {
      found.estimates[name + "-reliability-error"] =
        Reliability(posterior: logits.posterior, reference: logits.reference).error
    }
    return found
  }

  /// The divergence and the bound by T of each example, over draws of z.
  private func terms(
    _ draws: Int, using generator: Generator
  ) -> (divergence: [Estimate], bound: [Estimate]) {
    let batch = examples.batch
    let group = max(1, evaluator.options.batchSize / batch.count)
    var columns: [(divergence: Tensor, bound: Tensor)] = []
    for start in stride(from: 0, to: draws, by: group) {
      let times = min(group, draws - start)
      let terms = evaluator.model.boundTerms(batch.tiled(times), using: generator)
      let divergence = terms.divergence!.values.reshaped([times, batch.count])
      columns.append((divergence, terms.reconstruction.reshaped([times, batch.count]) - divergence))
      evaluator.watch(
        EvaluationProgress(task: "terms by the discriminator", done: start + times, total: draws))
    }
    func estimates(_ parts: [Tensor]) -> [Estimate] {
      let all = Tensor.concatenate(parts, over: 0).converted(to: .float64).transposed().contiguous()
      return (0..<batch.count).map {
        Estimate(meanOf: all.selected(0, at: $0).values(as: Double.self), unit: "")
      }
    }
    return (estimates(columns.map(\.divergence)), estimates(columns.map(\.bound)))
  }

  /// log p(x) of each example, and where it is from.
  private func logLikelihoods() throws -> ([Double], String) {
    if Quadrature.obstacle(evaluator.model) == nil {
      return (Quadrature(evaluator.model).logLikelihoods(of: examples.features), "quadrature")
    }
    let found =
      isPopulation
      ? try evaluator.anneal(examples, .forward, from: nil, task: "annealing")
      : try evaluator.annealedEstimates()
    return (found.logLikelihoods, "annealing")
  }

  /// The mean over the split: of examples that are all there is, whose numbers have errors of their own, or of examples
  /// that stand for others.
  private func mean(_ values: [Double], errors: [Double]) -> Estimate {
    guard isPopulation else { return Estimate(meanOf: values, unit: "nats/example") }
    let variance = zip(errors, shares).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }
    return Estimate(
      value: zip(values, shares).reduce(0) { $0 + $1.0 * $1.1 }, standardError: variance.squareRoot(),
      count: values.count, unit: "nats/example")
  }

  private func text(_ estimate: Estimate) -> String {
    String(format: "%.3f ± %.3f", estimate.value, estimate.standardError)
  }
}
