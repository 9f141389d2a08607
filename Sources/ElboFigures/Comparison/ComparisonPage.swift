import Elbo
import Foundation
import Torch

/// The page that shows runs beside each other: their figures, how far these are from the first run's, their
/// curves over each other, and what each makes of the same images.
public enum ComparisonPage {
  /// Writes the page.
  ///
  /// - Throws: `FigureError` or `FileError` where it, or a picture for it, cannot be made.
  public static func write(_ comparison: RunComparison, of runs: [TrainedRun], to path: String) throws {
    let materials = try runs.map(RunMaterial.init)
    let names = comparison.runs.map(\.name)
    let figures = try ComparisonPicture.all.filter { $0.applies(materials) }.map { picture in
      let file = FileManager.default.temporaryDirectory.path + "/elbo-\(UUID().uuidString).png"
      defer { unlink(file) }
      try picture.draw(materials, names, file)
      return try ReportFigure(
        title: picture.title, caption: picture.caption, alternativeText: picture.alternativeText, file: file)
    }
    try report(comparison, runs, figures).write(to: path)
  }

  private static func report(
    _ comparison: RunComparison, _ runs: [TrainedRun], _ figures: [ReportFigure]
  ) -> Report {
    let names = comparison.runs.map(\.name)
    return Report(
      name: names.dropLast().joined(separator: ", ") + " and " + names.last!, preset: "comparison",
      date: Date(), status: nil,
      facts: [
        Report.Fact("data", runs[0].test.name),
        Report.Fact("split", comparison.split),
        Report.Fact("examples", NumberText.whole(comparison.examples)),
        Report.Fact("evaluation's seed", String(comparison.seed)),
      ],
      tables: [runTable(comparison), results(comparison), differences(comparison), settings(runs, names)]
        .filter { !$0.rows.isEmpty },
      figures: figures,
      notes: comparison.warnings.map { Report.Note("Beware", $0) } + [
        Report.Note(
          "How to read the differences",
          "All runs are judged by the same examples and the same noise. Where a figure is a mean over examples, "
            + "differences are taken example by example, and the interval holds the middle 95 % of 2000 resamples "
            + "of the examples (bootstrap, percentiles); elsewhere the figures are taken as independent and "
            + "normal. The intervals say nothing of how much a training with another seed would change.")
      ])
  }

  private static func runTable(_ comparison: RunComparison) -> Report.Table {
    Report.Table(
      "Runs", header: ["run", "preset", "steps", "seed", "parameters"],
      rows: comparison.runs.map {
        [$0.name, $0.preset, NumberText.whole($0.step), String($0.seed), NumberText.whole($0.parameters)]
      })
  }

  private static func results(_ comparison: RunComparison) -> Report.Table {
    Report.Table(
      "Results", header: ["metric"] + comparison.runs.map(\.name) + ["unit"],
      rows: comparison.rows.map { row in
        [row.metric]
          + row.estimates.map {
            $0.map { NumberText.measured($0.value, standardError: $0.standardError) } ?? "–"
          } + [row.unit]
      })
  }

  private static func differences(_ comparison: RunComparison) -> Report.Table {
    let names = comparison.runs.map(\.name)
    // Of two runs the title says which, and narrow screens have room for the numbers.
    let isPair = names.count == 2
    return Report.Table(
      isPair ? "Difference: \(names[1]) less \(names[0])" : "Differences from \(names[0])",
      header: ["metric"] + (isPair ? [] : ["run"]) + ["difference", "95 % interval", "examples"],
      rows: comparison.rows.flatMap { row in
        zip(names, row.differences).compactMap { name, difference in
          difference.map {
            [row.metric] + (isPair ? [] : [name]) + [
              NumberText.measured($0.value, standardError: $0.standardError), DifferenceText.interval($0),
              $0.isPaired ? NumberText.whole($0.count) + ", paired" : "not paired",
            ]
          }
        }
      })
  }

  private static func settings(_ runs: [TrainedRun], _ names: [String]) -> Report.Table {
    let all = runs.map(\.configuration.settings)
    let keys = Set(all.flatMap(\.keys)).filter { key in key != "name" && Set(all.map { $0[key] }).count > 1 }
      .sorted()
    return Report.Table(
      "Settings that differ", header: ["key"] + names,
      rows: keys.map { key in [key] + all.map { $0[key] ?? "–" } })
  }
}

/// Differences as people read them.
package enum DifferenceText {
  /// "[−0.52, 0.11]", with the digits that the standard error deserves.
  package static func interval(_ difference: RunDifference) -> String {
    func plain(_ value: Double) -> String { NumberText.measured(value, standardError: nil) }
    guard difference.standardError > 0, difference.standardError.isFinite else {
      return "[\(plain(difference.low)), \(plain(difference.high))]"
    }
    let decimals = min(8, max(0, 1 - Int(floor(log10(difference.standardError) + 1e-9))))
    func text(_ value: Double) -> String { NumberText.fixed(value, decimals: decimals) }
    return "[\(text(difference.low)), \(text(difference.high))]"
  }
}
