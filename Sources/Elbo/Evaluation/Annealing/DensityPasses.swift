import Capture
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
        let pass = try CapturedPass(self, batch, z, threads: threads)
        captured[z.size(0)] = pass
        if pass.byteCount / z.size(0) * mostRows <= Self.manyBytes { rowsAtOnce = mostRows }
      } catch {
        isCaptured = false
        rowsAtOnce = mostRows
      }
    }
    return captured[z.size(0)]?.point(of: batch, at: z) ?? computed(batch, z.cloned())
  }

  /// The same by libtorch. It leaves numbers only: no graph outlives it.
  fileprivate func computed(_ batch: Batch, _ z: Tensor) -> AnnealedTarget.Point {
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

/// A pass for so many rows, captured.
private final class CapturedPass {
  private let step: CapturedStep
  private let batch: Batch
  private let z: Tensor
  /// What the step leaves, in its own memory.
  private let found: [Tensor]
  /// The memory that it works in.
  var byteCount: Int { step.byteCount }

  init(_ passes: DensityPasses, _ batch: Batch, _ z: Tensor, threads: Int) throws(CaptureProblem) {
    let (batch, z) = (batch.ownMemory, z.cloned())
    let (point, recording) = Recording.record { passes.computed(batch, z) }
    let wanted = [point.logLikelihood, point.likelihoodSlope, point.logPrior, point.priorSlope]
    guard wanted.allSatisfy({ recording.value(of: $0) != nil && $0.elementType == .float32 }) else {
      throw CaptureProblem(reason: "a density that is no function of the rows")
    }
    (self.batch, self.z) = (batch, z)
    let step = CapturedStep(
      recording, actions: [], reading: wanted, threads: threads, hasFixedWeights: true)
    try step.checkConvolutions()
    self.step = step
    found = wanted.enumerated().map {
      Tensor(over: UnsafeMutablePointer(mutating: step.elements($0)), shape: $1.shape)
    }
  }

  func point(of batch: Batch, at z: Tensor) -> AnnealedTarget.Point {
    self.batch.fill(from: batch)
    self.z.copy(from: z)
    step.run()
    return AnnealedTarget.Point(
      z: z, logLikelihood: found[0].cloned(), logPrior: found[2].cloned(), likelihoodSlope: found[1].cloned(),
      priorSlope: found[3].cloned())
  }
}
