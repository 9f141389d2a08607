import Elbo
import Torch

/// One picture of several runs: what it shows, when it can be drawn, and how.
struct ComparisonPicture: Sendable {
  let title: String
  let caption: String
  let alternativeText: String
  let applies: @Sendable ([RunMaterial]) -> Bool
  let draw: @Sendable ([RunMaterial], _ names: [String], _ path: String) throws -> Void

  /// All pictures, in the order of the page.
  static let all: [ComparisonPicture] = [.curves, .reconstructions, .samples]

  /// The terms of the bound over the steps, the runs' lines over each other.
  static let curves = ComparisonPicture(
    title: "Training curves",
    caption:
      "What was logged while training, per example, each run in its colour: pale every logged step, strong their "
      + "moving mean. A divergence "
      + "by a discriminator, and a bound that is made of it, can err in either direction.",
    alternativeText: "Line charts of the runs' bound, reconstruction error and divergence against the step.",
    applies: { $0.contains { $0.log.contains { $0.phase == "train" } } },
    draw: { materials, names, path in
      func panel(_ yLabel: String, _ sign: Double, _ metrics: [(name: String, phase: String)]) -> CurvePlot
        .Panel?
      {
        let series = zip(materials, names).compactMap { material, name -> CurvePlot.Series? in
          guard
            let found = metrics.map({ material.series($0.name, phase: $0.phase) }).first(where: {
              $0.steps.count > 1
            })
          else { return nil }
          let isTraining = metrics.contains { $0.phase == "train" }
          return CurvePlot.Series(
            name, x: found.steps, y: found.values.map { sign * $0 },
            smoothing: isTraining ? max(1, found.values.count / 25) : 1)
        }
        return series.isEmpty ? nil : CurvePlot.Panel(yLabel: yLabel, series: series)
      }
      func training(_ names: String...) -> [(String, String)] { names.map { ($0, "train") } }
      let panels = [
        panel("−ELBO, held out (nats)", -1, [("elbo", "validation"), ("elbo", "test")]),
        panel("−ELBO (nats)", -1, training("elbo")),
        panel("−E log p(x|z) (nats)", -1, training("reconstruction")),
        panel("divergence (nats)", 1, training("kl", "logDensityRatio")),
        panel("squared error", 1, training("mse")),
      ].compactMap { $0 }
      try materials[0].gnuplot.draw(
        CurvePlot(title: "Training curves", xLabel: "step", panels: Array(panels.prefix(4))), to: path)
    })

  /// The same test images with what each run makes of them.
  static let reconstructions = ComparisonPicture(
    title: "Reconstructions",
    caption:
      "Images of the test split, and below them the mean of p(x|z) of each run, z one sample of its posterior.",
    alternativeText: "A row of test images, and a row of reconstructions for each run.",
    applies: { $0[0].run.test.image != nil },
    draw: { materials, names, path in
      let columns = 10
      let batch = materials[0].run.test.prefix(columns).batch
      let rows = materials.map { material in
        withoutGradients {
          material.model.decodeMean(
            material.model.encode(batch, using: material.generator(2)), labels: batch.labels)
        }
      }
      try CaptionedGrid(
        materials[0].grid([batch.x] + rows, columns: batch.count), title: "Reconstructions",
        rowLabels: ["input"] + labels(names)
      ).write(to: path, using: materials[0].gnuplot)
    })

  /// Samples of each run.
  static let samples = ComparisonPicture(
    title: "Samples",
    caption: "The mean of p(x|z) for samples z of each run's prior, two rows a run.",
    alternativeText: "Rows of generated images for each run.",
    applies: { $0[0].run.test.image != nil },
    draw: { materials, names, path in
      let columns = 10
      let rows = materials.map { material in
        withoutGradients {
          let z = material.model.samplePrior(2 * columns, using: material.generator(3))
          return material.model.decodeMean(
            z, labels: material.model.cycledLabels(2 * columns, device: z.device))
        }
      }
      try CaptionedGrid(
        materials[0].grid(rows, columns: columns), title: "Samples",
        rowLabels: labels(names).flatMap { [$0, ""] }
      ).write(to: path, using: materials[0].gnuplot)
    })

  /// Names that leave room for the images.
  private static func labels(_ names: [String]) -> [String] {
    names.map { TextMetrics.shorten($0, width: 150) }
  }
}
