import ElboDistributions
import Torch

/// log p(z) + beta log p(x|z) and its slope in z, for several chains of each example: row c + chains i of z [n chains,
/// latentDimension] is chain c of example i.
package struct AnnealedTarget {
  let chains: Int
  private let model: any LatentVariableModel
  private let batch: Batch
  private let passes: DensityPasses
  private let hasSmallProducts: Bool

  /// A place of every chain, with both terms and their slopes.
  package struct Point {
    /// [rows, latentDimension].
    package var z: Tensor
    /// log p(x|z): [rows].
    package var logLikelihood: Tensor
    /// log p(z): [rows].
    package var logPrior: Tensor
    /// d log p(x|z) / dz: [rows, latentDimension].
    package var likelihoodSlope: Tensor
    /// d log p(z) / dz: [rows, latentDimension].
    package var priorSlope: Tensor

    /// log p(z) + beta log p(x|z), float64 [rows].
    func logDensity(at beta: Double) -> Tensor {
      logPrior.converted(to: .float64) + logLikelihood.converted(to: .float64) * beta
    }

    /// Its slope: [rows, latentDimension].
    func slope(at beta: Double) -> Tensor { priorSlope + likelihoodSlope * beta }

    /// The last `count` rows.
    func last(_ count: Int) -> Point {
      func rows(_ tensor: Tensor) -> Tensor {
        tensor.narrowed(0, from: tensor.size(0) - count, length: count)
      }
      return Point(
        z: rows(z), logLikelihood: rows(logLikelihood), logPrior: rows(logPrior),
        likelihoodSlope: rows(likelihoodSlope), priorSlope: rows(priorSlope))
    }
  }

  /// - Parameter rows: how many rows may pass the decoder at once.
  package init(_ model: any LatentVariableModel, _ batch: Batch, chains: Int, rows: Int) {
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
  /// Whether passes are captured, as far as is known.
  package var isCaptured: Bool { passes.isCaptured }
  /// Runs `body`, which asks for points, with as many of libtorch's threads as help: small products take longer to
  /// share out than to compute, and passes that are replayed have threads of their own.
  func computing<Result>(_ body: () -> Result) -> Result {
    hasSmallProducts || passes.isCaptured ? Engine.onOneThread(body) : body()
  }

  /// Independent samples of the prior, one for each chain.
  func start(using generator: Generator) -> Tensor { model.samplePrior(rows, using: generator) }

  /// The examples of a pass: about as many in each, and as many rows as the kernels' strips take whole.
  private var examplesAtOnce: Int {
    let most = max(1, passes.rowsAtOnce / chains)
    let passCount = (count + most - 1) / most
    let rows = (count + passCount - 1) / passCount * chains
    let few = DensityPasses.fewRows
    return min(most, count, (rows + few - 1) / few * few / chains)
  }

  /// Both terms and their slopes.
  package func point(at z: Tensor) -> Point {
    var parts: [Point] = []
    var done = 0
    while done < count {
      let length = examplesAtOnce
      // All passes are of one size, since each size is captured for itself: the last begins among what is done.
      let start = min(done, count - length)
      let point = passes.point(
        of: batch.narrowed(from: start, length: length).repeatedEach(chains),
        at: z.narrowed(0, from: start * chains, length: length * chains))
      parts.append(start < done ? point.last((start + length - done) * chains) : point)
      done = start + length
    }
    func joined(_ part: (Point) -> Tensor) -> Tensor {
      parts.count == 1 ? part(parts[0]) : Tensor.concatenate(parts.map(part), over: 0)
    }
    return Point(
      z: z, logLikelihood: joined(\.logLikelihood), logPrior: joined(\.logPrior),
      likelihoodSlope: joined(\.likelihoodSlope), priorSlope: joined(\.priorSlope))
  }
}
