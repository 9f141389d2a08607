import Elbo
import ElboDistributions
import Foundation
import Torch

/// What the latent explorer shows: where test examples lie, which units say something, and, for codes of two numbers,
/// the log densities of the prior and of the aggregated posterior on a grid.
struct LatentMap: Sendable {
  /// The most test examples whose codes are shown.
  static let examples = 1000
  /// Grid points along each axis.
  static let grid = 72
  /// The most units that get a slider.
  static let units = 12

  private let step: Int
  /// Posterior means of all latent dimensions.
  private let codes: Rows
  private let labels: [Int]?
  private let activity: [Double]
  private let spread: [Double]
  private let density: Density?

  /// Log densities on a grid, rows from the lowest z2 on.
  private struct Density {
    let low: [Double]
    let high: [Double]
    let prior: [Float]?
    let aggregated: [Float]
  }

  /// - Throws: a `DiagnosedError` where codes are not finite, or the test split has too few examples.
  init(_ run: TrainedRun) throws {
    let generator = Generator(seed: 0, device: run.test.device)
    let test = run.test.shuffled(Self.examples, using: generator)
      .drawn(as: run.configuration.data, using: generator)
    let means = try PosteriorMeans(run.model, test, using: generator)
    guard means.codes.allFinite else {
      throw APIError(.conflict, "the codes of test examples are not finite; the training has gone wrong")
    }
    step = run.step
    codes = Rows(means.codes)
    labels = means.labels
    activity = means.activity
    spread = means.codes.variance(over: [0], correction: 0).sqrt().moved(to: .cpu).values(as: Float.self)
      .map(Double.init)
    let isPlane = run.model.latentDimension == 2
    density = isPlane ? try Self.density(run, means.codes, test, using: generator) : nil
  }

  private static func density(
    _ run: TrainedRun, _ means: Tensor, _ test: Dataset, using generator: Generator
  ) throws -> Density {
    let (low, high) = bounds(Rows(means))
    let device = test.device
    let axes = (0..<2).map { index in
      Tensor.range(to: Double(grid), device: device) * ((high[index] - low[index]) / Double(grid - 1))
        + low[index]
    }
    let places = Tensor.stack([axes[0].tiled([grid]), axes[1].repeatedEach(grid)], over: 1)
    // q(z) is smoothed by a mixture fitted to samples of the posteriors.
    let samples = try run.model.encode(test, using: generator)
    // Few codes do not bear many components.
    let mixture = NormalMixtureDensity(components: max(1, min(10, test.count / 30)))
      .fit(samples, using: generator)
    return Density(
      low: low, high: high,
      prior: run.model.priorDistribution.map { Rows($0.logDensity(at: places).unsqueezed(1)).values },
      aggregated: Rows(mixture.distribution.logDensity(at: places).unsqueezed(1)).values)
  }

  /// A square around the codes and the middle of a standard normal prior.
  private static func bounds(_ codes: Rows) -> (low: [Double], high: [Double]) {
    var reach = 3.0
    for value in codes.values { reach = max(reach, abs(Double(value))) }
    reach = min(reach * 1.05, 50)
    return ([-reach, -reach], [reach, reach])
  }

  var json: JSON {
    let units = activity.indices.sorted { activity[$0] > activity[$1] }
    return [
      "step": .int(step), "latentDimension": .int(codes.width), "codes": codes.json,
      "labels": labels.map { .array($0.map(JSON.int)) } ?? .null,
      "activity": .array(activity.map(JSON.number)), "spread": .array(spread.map(JSON.number)),
      "units": .array(units.prefix(Self.units).map(JSON.int)),
      "density": density.map { density in
        [
          "size": .int(Self.grid), "low": .array(density.low.map(JSON.number)),
          "high": .array(density.high.map(JSON.number)),
          "prior": density.prior.map { .matrix($0, width: Self.grid) } ?? .null,
          "aggregated": .matrix(density.aggregated, width: Self.grid),
        ]
      } ?? .null,
    ]
  }
}
