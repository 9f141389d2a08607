import ElboDistributions
import Torch

/// log p(z) + beta log p(x|z) and its slope in z, for several chains of each example: row c + chains i of z [n chains,
/// latentDimension] is chain c of example i.
struct AnnealedTarget {
  let chains: Int
  private let model: any LatentVariableModel
  private let batch: Batch
  private let passes: DensityPasses
  private let hasSmallProducts: Bool

  /// A place of every chain, with both terms and their slopes.
  struct Point {
    /// [rows, latentDimension].
    var z: Tensor
    /// log p(x|z): [rows].
    var logLikelihood: Tensor
    /// log p(z): [rows].
    var logPrior: Tensor
    /// d log p(x|z) / dz: [rows, latentDimension].
    var likelihoodSlope: Tensor
    /// d log p(z) / dz: [rows, latentDimension].
    var priorSlope: Tensor

    /// log p(z) + beta log p(x|z), float64 [rows].
    func logDensity(at beta: Double) -> Tensor {
      logPrior.converted(to: .float64) + logLikelihood.converted(to: .float64) * beta
    }

    /// Its slope: [rows, latentDimension].
    func slope(at beta: Double) -> Tensor { priorSlope + likelihoodSlope * beta }
  }

  /// - Parameter rows: how many rows may pass the decoder at once.
  init(_ model: any LatentVariableModel, _ batch: Batch, chains: Int, rows: Int) {
    self.model = model
    self.batch = batch
    self.chains = chains
    passes = DensityPasses(
      model, prior: model.priorDistribution!, rows: rows, isCaptured: batch.x.device == .cpu)
    let rowsAtOnce = min(batch.count * chains, rows)
    hasSmallProducts = model.parameterCounts["decoder", default: 0] * rowsAtOnce < 100_000_000
  }

  /// The number of examples.
  var count: Int { batch.count }
  /// The number of chains of all examples.
  var rows: Int { batch.count * chains }
  var device: Device { batch.x.device }
  /// Runs `body`, which asks for points, with as many of libtorch's threads as help: small products take longer to
  /// share out than to compute, and passes that are replayed have threads of their own.
  func computing<Result>(_ body: () -> Result) -> Result {
    hasSmallProducts || passes.isCaptured ? Engine.onOneThread(body) : body()
  }

  /// Independent samples of the prior, one for each chain.
  func start(using generator: Generator) -> Tensor { model.samplePrior(rows, using: generator) }

  /// Both terms and their slopes.
  func point(at z: Tensor) -> Point {
    let examplesAtOnce = max(1, passes.rowsAtOnce / chains)
    let parts = stride(from: 0, to: count, by: examplesAtOnce).map { start in
      let length = min(examplesAtOnce, count - start)
      return passes.point(
        of: batch.narrowed(from: start, length: length).repeatedEach(chains),
        at: z.narrowed(0, from: start * chains, length: length * chains))
    }
    func joined(_ part: (Point) -> Tensor) -> Tensor {
      parts.count == 1 ? part(parts[0]) : Tensor.concatenate(parts.map(part), over: 0)
    }
    return Point(
      z: z, logLikelihood: joined(\.logLikelihood), logPrior: joined(\.logPrior),
      likelihoodSlope: joined(\.likelihoodSlope), priorSlope: joined(\.priorSlope))
  }
}
