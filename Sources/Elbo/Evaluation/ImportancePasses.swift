import Torch

/// The importance weights of one batch after another.
///
/// On the CPU a pass of some samples is recorded at the first batch and replayed for all of its shape, save where
/// the posterior has no density: a proposal is fitted to each batch then.
final class ImportancePasses {
  private let model: any LatentVariableModel
  private let generator: Generator
  private let threads = Engine.threadCount
  private var isReplayed: Bool
  private var captured: CapturedPass?
  private var times: Int?
  private var shapes: [Shape]?

  /// - Parameters:
  ///   - generator: what all passes draw from.
  ///   - isReplayed: whether there will be enough passes to be worth a recording.
  init(_ model: any LatentVariableModel, using generator: Generator, isReplayed: Bool = true) {
    self.model = model
    self.generator = generator
    self.isReplayed = isReplayed && generator.device == .cpu
  }

  /// log p(x|z_k) p(z_k) / q(z_k|x) of independent samples: float64 [samples, n], in nats.
  ///
  /// - Parameter rows: the most rows that pass the decoder together, but for n where those are more.
  func logWeights(of batch: Batch, samples: Int, rows: Int) -> Tensor {
    weights(of: batch, samples: samples, rows: rows) { $0 }
  }

  /// What a closure makes of such weights, on libtorch's one thread where passes are replayed.
  func weights<Result>(of batch: Batch, samples: Int, rows: Int, _ use: (Tensor) -> Result) -> Result {
    let group = min(samples, max(1, rows / batch.count))
    if shapes == nil { record(batch, group) }
    if let captured, times == group, shapes == batch.shapes {
      // Between two passes libtorch's threads would keep a core from those that replay.
      return Engine.onOneThread {
        captured.take(batch)
        return use(
          joined(batch, samples, group) {
            $0 == group ? captured.run()[0] : ratios(batch, $0, model.posterior(given: batch).densitySample!)
          })
      }
    }
    let posterior = model.posterior(given: batch)
    if let draw = posterior.densitySample {
      return use(joined(batch, samples, group) { ratios(batch, $0, draw) })
    }
    let proposal = FittedProposal(posterior, of: model, count: batch.count, using: generator)
    return use(joined(batch, samples, group) { ratios(batch, $0, proposal.densitySample(using:)) })
  }

  /// The pass's memory holds the batch as often as it has samples, so that it is laid out once for all passes.
  private func record(_ batch: Batch, _ group: Int) {
    (times, shapes) = (group, batch.shapes)
    guard isReplayed, model.posterior(given: batch).densitySample != nil else { return }
    let count = batch.count
    captured = try? CapturedPass(batch.tiled(group), using: generator, threads: threads) { tiled, _ in
      let posterior = model.posterior(given: tiled.narrowed(from: 0, length: count))
      return [ratios(tiled, group, posterior.densitySample!)]
    }
  }

  /// The weights of all samples, by passes of at most `group` of them.
  private func joined(_ batch: Batch, _ samples: Int, _ group: Int, _ pass: (Int) -> Tensor) -> Tensor {
    let weights = stride(from: 0, to: samples, by: group).map { start in
      let times = min(group, samples - start)
      return pass(times).converted(to: .float64).reshaped([times, batch.count])
    }
    return Tensor.concatenate(weights, over: 0)
  }

  /// The logarithms of so many weights for each example, one sample of all examples after the other: [times n].
  private func ratios(
    _ batch: Batch, _ times: Int, _ draw: (Generator) -> DensitySample
  ) -> Tensor {
    let draws = (0..<times).map { _ in draw(generator) }
    let z = Tensor.concatenate(draws.map(\.z), over: 0)
    // The batch of a recorded pass holds its examples as often as there are samples.
    let examples = batch.tiled(z.size(0) / batch.count)
    let joint =
      model.logLikelihood(of: examples, given: z) + model.priorDistribution!.logDensity(at: z)
    return joint - Tensor.concatenate(draws.map { $0.logDensity() }, over: 0)
  }
}
