import ElboDistributions
import Torch

/// log p(x|z), log p(z) and their slopes in z, pass after pass of the decoder and back.
///
/// On the CPU a pass is recorded once for each number of rows and replayed: annealing makes thousands of the same.
final class DensityPasses {
  private let model: any LatentVariableModel
  private let prior: any Distribution
  private let threads = Engine.threadCount
  private var captured: [Int: CapturedPass] = [:]
  /// Whether passes are captured, as far as is known.
  private(set) var isCaptured: Bool
  /// How many rows may pass at once.
  private let mostRows: Int
  /// How many had best pass at once, as far as is known: where a row's numbers are many, so few that those of all rows
  /// stay in the processor's caches.
  private(set) var rowsAtOnce: Int

  /// The rows of the first captured pass, and of all where those of `rows` would take many bytes: as many as the
  /// kernels of convolutions take at a time, for which a line of a picture then lies in one piece.
  static let fewRows = 32
  private static let manyBytes = 64 << 20

  init(_ model: any LatentVariableModel, prior: any Distribution, rows: Int, isCaptured: Bool) {
    self.model = model
    self.prior = prior
    self.isCaptured = isCaptured
    mostRows = rows
    rowsAtOnce = isCaptured ? min(rows, Self.fewRows) : rows
  }

  /// Both terms and their slopes at `z`, [n, latentDimension], of the examples there, n of them.
  func point(of batch: Batch, at z: Tensor) -> AnnealedTarget.Point {
    let z = z.detached()
    if isCaptured, captured[z.size(0)] == nil {
      do {
        let pass = try CapturedPass(batch, [z], threads: threads) { batch, inputs in
          let point = computed(batch, inputs[0])
          return [point.logLikelihood, point.logPrior, point.likelihoodSlope, point.priorSlope]
        }
        captured[z.size(0)] = pass
        if pass.byteCount / z.size(0) * mostRows <= Self.manyBytes { rowsAtOnce = mostRows }
      } catch {
        isCaptured = false
        rowsAtOnce = mostRows
      }
    }
    guard let found = captured[z.size(0)]?.run(batch, [z]) else { return computed(batch, z.cloned()) }
    return AnnealedTarget.Point(
      z: z, logLikelihood: found[0], logPrior: found[1], likelihoodSlope: found[2], priorSlope: found[3])
  }

  /// The same by libtorch. It leaves numbers only: no graph outlives it.
  private func computed(_ batch: Batch, _ z: Tensor) -> AnnealedTarget.Point {
    z.setRequiresGradient(true)
    defer { z.setRequiresGradient(false) }
    return withGradients {
      func slope(_ values: Tensor) -> Tensor {
        // Where a density is constant there is no graph.
        guard values.requiresGradient else { return z.detached() * 0 }
        return gradient(of: values.sum(), withRespectTo: [z])[0] ?? z.detached() * 0
      }
      let likelihood = model.logLikelihood(of: batch, given: z)
      let logPrior = prior.logDensity(at: z)
      return AnnealedTarget.Point(
        z: z.detached(), logLikelihood: likelihood.detached(), logPrior: logPrior.detached(),
        likelihoodSlope: slope(likelihood), priorSlope: slope(logPrior))
    }
  }
}
