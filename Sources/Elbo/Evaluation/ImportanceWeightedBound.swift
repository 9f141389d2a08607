import Foundation
import Torch

extension Evaluator.Metric {
  /// log 1/K sum_k p(x|z_k) p(z_k) / q(z_k|x), z_k independent samples of q(z|x), or, where that has no density, of a
  /// `FittedProposal`. A lower bound on log p(x) in expectation: its bias is -Var(w) / (2 K) to first order, w = weight
  /// / p(x), and falls to 0 as K grows; heavy-tailed weights make it fall slowly and show as an effective sample
  /// size of few. Burda et al. 2016, eq. 8.
  static let importanceWeighted = Self(
    summary: "importance-weighted lower bound on log p(x), with its effective sample size", effort: .large,
    obstacle: { $0.model.importanceWeightingObstacle },
    judge: { evaluator, name in
      let weights = try evaluator.importanceWeights()
      let count = evaluator.options.importanceSamples
      let size = Estimate(meanOf: weights.effectiveSizes, unit: "samples of \(count)")
      var found = Judgement(
        name, examples: weights.logMeans, unit: "nats/example",
        warning: size.value < 2 && count >= 10
          ? "an effective sample size of \(String(format: "%.1f", size.value)): the bound is far from tight"
          : nil)
      found.estimates[name + "-effective-sample-size"] = size
      return found
    })
}

/// What importance weights w_k of each example come to.
struct ImportanceWeights {
  /// log 1/K sum w_k of each example, in nats.
  var logMeans: [Double] = []
  /// (sum w)^2 / sum w^2 of each example, from 1 to K. Kong 1992.
  var effectiveSizes: [Double] = []

  init() {}

  /// - Parameter logWeights: float64 [K, n].
  init(_ logWeights: Tensor) {
    let total = logWeights.logSumExp(over: [0])
    logMeans = (total - log(Double(logWeights.size(0)))).values(as: Double.self)
    effectiveSizes = (total * 2 - (logWeights * 2).logSumExp(over: [0])).exp().values(as: Double.self)
  }
}

extension Evaluator {
  /// The weights of K samples for each example. A hundred examples share a stream of noise, so that the numbers do
  /// not depend on how many rows pass the decoder at once.
  func importanceWeights() throws -> ImportanceWeights {
    var found = ImportanceWeights()
    let batches = dataset.batchCount(of: 100)
    let generator = Generator(seed: 0, device: dataset.device)
    let passes = ImportancePasses(model, using: generator)
    var index = 0
    try dataset.forEachBatch(of: 100) { batch in
      generator.restart(seed: seed &* 1_000_003 &+ UInt64(index) ^ 0x69_7761)
      let part = passes.weights(
        of: batch, samples: options.importanceSamples, rows: options.batchSize, ImportanceWeights.init)
      found.logMeans += part.logMeans
      found.effectiveSizes += part.effectiveSizes
      index += 1
      watch(EvaluationProgress(task: "importance weights", done: index, total: batches))
    }
    return found
  }
}

extension LatentVariableModel {
  /// Why examples cannot be weighted by importance; nil where they can.
  package var importanceWeightingObstacle: String? {
    if priorDistribution == nil { return "the prior has no density" }
    return posteriorIsDeterministic ? "the posterior is a single z, which gives nothing to sample from" : nil
  }

  /// log p(x|z_k) p(z_k) / q(z_k|x) of independent samples z_k of q(z|x), or of a `FittedProposal` where that has no
  /// density: float64 [samples, n], in nats.
  ///
  /// - Parameter rows: the most rows that pass the decoder together, but for n where those are more.
  package func logImportanceWeights(
    _ batch: Batch, samples: Int, rows: Int, using generator: Generator
  ) -> Tensor {
    ImportancePasses(self, using: generator, isReplayed: false).logWeights(
      of: batch, samples: samples, rows: rows)
  }
}

extension Batch {
  /// All examples, so many times one after the other.
  package func tiled(_ times: Int) -> Batch {
    times > 1 ? mapped({ $0.tiled([times, 1]) }, labels: { $0.tiled([times]) }) : self
  }

  /// Each example, so many times in a row.
  func repeatedEach(_ times: Int) -> Batch {
    mapped({ $0.repeatedEach(times) }, labels: { $0.repeatedEach(times) })
  }

  /// The examples from one on.
  func narrowed(from start: Int, length: Int) -> Batch {
    func part(_ tensor: Tensor) -> Tensor { tensor.narrowed(0, from: start, length: length) }
    return mapped(part, labels: part)
  }

  /// What two closures make of its tensors; examples that are their own input are so afterwards.
  private func mapped(_ rows: (Tensor) -> Tensor, labels change: (Tensor) -> Tensor) -> Batch {
    Batch(rows(x), labels: labels.map(change), input: input.isIdentical(to: x) ? nil : rows(input))
  }
}
