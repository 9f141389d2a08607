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
    let group = min(samples, max(1, rows / batch.count))
    let posterior = model.posterior(given: batch)
    guard let draw = posterior.densitySample else {
      let proposal = FittedProposal(posterior, of: model, count: batch.count, using: generator)
      return joined(batch, samples, group) { ratios(of: batch, $0, proposal.densitySample(using:)) }
    }
    record(batch, group)
    guard let captured, times == group, shapes == batch.shapes else {
      return joined(batch, samples, group) { ratios(of: batch, $0, draw) }
    }
    // Between two passes libtorch's threads would keep a core from those that replay.
    return Engine.onOneThread {
      joined(batch, samples, group) { $0 == group ? captured.run(batch)[0] : ratios(of: batch, $0, draw) }
    }
  }

  private func record(_ batch: Batch, _ group: Int) {
    guard isReplayed, shapes == nil else { return }
    (times, shapes) = (group, batch.shapes)
    captured = try? CapturedPass(batch, using: generator, threads: threads) { batch, _ in
      [ratios(of: batch, group, model.posterior(given: batch).densitySample!)]
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
  private func ratios(of batch: Batch, _ times: Int, _ draw: (Generator) -> DensitySample) -> Tensor {
    let draws = (0..<times).map { _ in draw(generator) }
    let z = Tensor.concatenate(draws.map(\.z), over: 0)
    let joint =
      model.logLikelihood(of: batch.tiled(times), given: z) + model.priorDistribution!.logDensity(at: z)
    return joint - Tensor.concatenate(draws.map { $0.logDensity() }, over: 0)
  }
}
