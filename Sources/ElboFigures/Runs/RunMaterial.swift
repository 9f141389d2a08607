import Elbo
import Foundation
import Torch

/// What the pictures of a run are drawn from.
final class RunMaterial {
  let run: TrainedRun
  let log: [MetricsLog.Entry]
  let gnuplot: Gnuplot
  private lazy var knownMeans = Result { try PosteriorMeans(model, examples, using: generator(6)) }
  private lazy var knownCodes = Result {
    let generator = generator(7)
    return try rows(examples) { model.encode($0, using: generator) }
  }
  private lazy var examples: Dataset = {
    let generator = generator(5)
    return run.test.shuffled(2_000, using: generator).drawn(as: run.configuration.data, using: generator)
  }()

  init(_ run: TrainedRun) throws {
    self.run = run
    log = try MetricsLog.read(run.directory.metrics)
    gnuplot = try Gnuplot()
  }

  var model: any LatentVariableModel { run.model }
  var isPlane: Bool { model.latentDimension == 2 }

  /// The posterior means of two thousand test examples.
  var means: PosteriorMeans { get throws { try knownMeans.get() } }
  /// A posterior sample of each of the same examples: [n, latentDimension].
  var codes: Tensor { get throws { try knownCodes.get() } }

  /// What a closure makes of examples, by batches: [n, ...].
  func rows(_ examples: Dataset, _ body: (Batch) -> Tensor) throws -> Tensor {
    try withoutGradients { () throws in Tensor.concatenate(try examples.mapBatches(of: 500, body), over: 0) }
  }

  /// Randomness that is a picture's own, so that drawing one picture does not change another.
  func generator(_ stream: UInt64) -> Generator {
    Generator(seed: run.configuration.seed &* 1_000_003 &+ stream, device: run.test.device)
  }

  /// The steps and values of a metric in one phase of the log.
  func series(_ metric: String, phase: String) -> (steps: [Double], values: [Double]) {
    let rows = log.filter { $0.phase == phase && $0.values[metric] != nil }
    return (rows.map { Double($0.step) }, rows.map { $0.values[metric]! })
  }

  /// Images with the sizes of the data, row after row, in a grid.
  func grid(_ images: [Tensor], columns: Int) -> ImageGrid {
    let shape = run.test.image!
    let values = images.flatMap { $0.moved(to: .cpu).values(as: Float.self) }
    return ImageGrid(
      values: values, count: values.count / shape.count, channels: shape.channels, height: shape.height,
      width: shape.width, columns: columns,
      range: Float(run.test.range.lowerBound)...Float(run.test.range.upperBound))
  }
}
