import ArgumentParser
import Elbo
import ElboData
import ElboFigures
import Foundation
import Torch

/// `elbo runs compare A B ... [--metric NAME]... [--json] [-o compare.html]`
struct RunsCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Judge runs by the same examples, and say how far they differ.",
    discussion: """
      elbo runs compare runs/avb runs/vae
      elbo runs compare runs/avb runs/vae --metric iwae --metric mmd --limit 500
      elbo runs compare runs/avb runs/vae -o compare.html

      All runs are judged by the first one's examples, and differences are from it. Where a metric is a mean over \
      examples they are taken example by example, and the interval holds the middle 95 % of 2000 resamples of the \
      examples. It says nothing of training with another seed.
      """)

  @Argument(help: ArgumentHelp("The runs' folders, two or more.", valueName: "run"), completion: .run)
  var directories: [String]
  @Option(
    name: .customLong("metric"),
    help: ArgumentHelp(
      "A metric to compare, as 'elbo evaluate' knows them; by default those of any run that take no longer than "
        + "a pass over the split.", valueName: "name"), completion: .metric)
  var metrics: [String] = []
  @Option(help: "The examples to judge by: test, validation or train.") var split = Split.test
  @Option(
    help: ArgumentHelp(
      "Judge by so many examples of the split, always the same; by default all.", valueName: "n"))
  var limit: Int?
  @Option(help: "The seed of the evaluation's noise.") var seed: UInt64 = 0
  @Option(help: ArgumentHelp("How many threads to compute with.", valueName: "n")) var threads: Int?
  @Flag(help: "Print one JSON object.") var json = false
  @Option(
    name: .customShort("o"),
    help: ArgumentHelp(
      "Write a page with the figures, the runs' curves and their images.", valueName: "file.html"),
    completion: .file(extensions: ["html"]))
  var output: String?

  func validate() throws {
    guard directories.count > 1 else {
      throw ValidationError("one run alone has nothing to be compared with")
    }
    for (name, count) in [("--limit", limit ?? 1), ("--threads", threads ?? 1)] where count < 1 {
      throw ValidationError("\(name) \(count) is not 1 or more")
    }
    if let output, !output.lowercased().hasSuffix(".html") {
      throw ValidationError("-o \(output) does not end in .html")
    }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    let runs = try waiting("loading") { told in
      try directories.enumerated().map { number, directory in
        defer { told(number + 1, directories.count) }
        return try TrainedRun(directory)
      }
    }
    var options = EvaluationOptions()
    options.limit = limit
    let bar = EvaluationBar()
    let comparison: RunComparison
    do {
      defer { bar.clear() }
      comparison = try RunComparison(
        runs, directories: directories, metrics: metrics, split: split, seed: seed, options: options,
        watch: { bar.show($0) })
    }
    if let output {
      try waiting("drawing") { _ in try ComparisonPage.write(comparison, of: runs, to: output) }
      note("wrote \(output)")
    }
    if json { try printJSON(comparison) } else { print(table(comparison)) }
    for warning in comparison.warnings { warn("\(warning)") }
  }

  private func table(_ comparison: RunComparison) -> String {
    let rows = comparison.rows.flatMap { row in
      zip(comparison.runs, zip(row.estimates, row.differences)).map { run, figures in
        let (estimate, difference) = figures
        return [
          row.metric, run.name,
          estimate.map { NumberText.measured($0.value, standardError: $0.standardError) } ?? "–",
          difference.map { NumberText.measured($0.value, standardError: $0.standardError) } ?? "",
          difference.map { DifferenceText.interval($0) + ($0.isPaired ? "" : " not paired") } ?? "", row.unit,
        ]
      }
    }
    return TextTable(
      header: ["metric", "run", "value", "difference", "95 % interval", "unit"], rows: rows
    ).text
  }
}
