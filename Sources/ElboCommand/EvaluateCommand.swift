import ArgumentParser
import Elbo
import ElboData
import Foundation
import Torch

extension Split: ExpressibleByArgument {}
extension TemperatureSchedule: ExpressibleByArgument {}

/// `elbo evaluate DIR [--metric NAME]... [--split test|validation|train] [--json]`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Judge a run on a whole split.",
    discussion: """
      elbo evaluate runs/fashion
      elbo evaluate runs/points --metric exact-log-likelihood --json
      elbo evaluate runs/digits --split validation
      elbo evaluate runs/digits --metric iwae --metric ais --limit 100
      elbo evaluate runs/digits --metric elbo --examples elbo.npy

      An annealed run (ais, bidirectional, and what is made of them) saves its state in the run's folder, under \
      evaluation/, every half minute and when it is interrupted; the same command goes on from there.

      Metrics:

      """
        + Evaluator.metrics.sorted { $0.key < $1.key }
        .map { HelpTable.row($0.key, $0.value.summary) }.joined(separator: "\n"))

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run"), completion: .run) var directory: String
  @Option(
    name: .customLong("metric"),
    help: ArgumentHelp(
      "A metric to compute; by default those of the model that take no longer than a pass over the split, and on points the exact log-likelihood.",
      valueName: "name"), completion: .metric)
  var metrics: [String] = []
  @Option(help: "The examples to judge by: test, validation or train.") var split = Split.test
  @Option(help: "The samples of z for each example, over which the terms of the bound are averaged.")
  var samples = 1
  @Option(
    help: ArgumentHelp(
      "Judge so many examples of the split, always the same; by default all, and 100 where a metric takes minutes.",
      valueName: "n"))
  var limit: Int?
  @Option(help: ArgumentHelp("K, the samples of the importance-weighted bound.", valueName: "k"))
  var importanceSamples = 100
  @Option(help: "The temperatures of annealed importance sampling.") var steps = AnnealingOptions().steps
  @Option(help: "Its chains for each example.") var chains = AnnealingOptions().chains
  @Option(help: "The leapfrog steps of its transitions.") var leapfrogs = AnnealingOptions().leapfrogs
  @Option(help: ArgumentHelp("How its temperatures grow.", valueName: "linear|sigmoid"))
  var schedule = AnnealingOptions().schedule
  @Option(help: "The rows that pass a network at once where an example has many: less takes less memory.")
  var batchSize = EvaluationOptions().batchSize
  @Option(help: "The seed of the evaluation's noise.") var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "Write the numbers of each example: a .npy array with a row an example and a column a metric.",
      valueName: "file"), completion: .file())
  var examples: String?
  @Option(help: ArgumentHelp("How many threads to compute with.", valueName: "n")) var threads: Int?
  @Flag(help: "Show no progress.") var quiet = false
  @Flag(
    help:
      "Print one JSON object: metric to value, standardError, count, unit, and warning where there is one.")
  var json = false

  func validate() throws {
    let counts = [
      ("--samples", samples), ("--limit", limit ?? 1), ("--importance-samples", importanceSamples),
      ("--steps", steps), ("--chains", chains), ("--leapfrogs", leapfrogs), ("--batch-size", batchSize),
      ("--threads", threads ?? 1),
    ]
    for (name, count) in counts where count < 1 {
      throw ValidationError("\(name) \(count) is not 1 or more")
    }
    if let examples, !examples.hasSuffix(".npy") {
      throw ValidationError("--examples \(examples) does not end in .npy")
    }
  }

  func run() throws {
    Engine.prepare(threads: threads)
    Interruption.listen()
    let trained = try TrainedRun(directory)
    var options = EvaluationOptions()
    options.limit = limit
    options.batchSize = batchSize
    options.importanceSamples = importanceSamples
    options.annealing.steps = steps
    options.annealing.chains = chains
    options.annealing.leapfrogs = leapfrogs
    options.annealing.schedule = schedule
    options.stateFolder = trained.directory.url.appending(path: "evaluation")
    let bar = quiet ? nil : EvaluationBar()
    let evaluator = Evaluator(
      model: trained.model,
      dataset: split == .test ? trained.test : try Dataset.load(trained.configuration, split),
      configuration: trained.configuration, seed: seed, samples: samples, options: options,
      watch: { progress in
        bar?.show(progress)
        guard Interruption.isRequested, !progress.canStop else { return }
        bar?.clear()
        note("elbo: interrupted")
        Foundation.exit(130)
      })
    let found: Judgement
    do {
      defer { bar?.clear() }
      found = try evaluator.judge(metrics.isEmpty ? evaluator.defaultMetrics : metrics)
    } catch let error as EvaluationInterrupted {
      note("elbo: \(error)")
      throw ExitCode(130)
    }
    if let examples { try write(found.examples, to: examples) }
    if json {
      try printJSON(found.estimates)
    } else {
      for (name, estimate) in found.estimates.sorted(by: { $0.key < $1.key }) {
        print(
          name.padding(toLength: 44, withPad: " ", startingAt: 0)
            + String(format: "%12.5g ± %-9.2g ", estimate.value, estimate.standardError)
            + "\(estimate.unit), n = \(estimate.count)")
      }
    }
    for (name, estimate) in found.estimates.sorted(by: { $0.key < $1.key }) {
      if let warning = estimate.warning { warn("\(name): \(warning)") }
    }
  }

  /// Writes a column for each metric that has a number for each example.
  private func write(_ columns: [String: [Double]], to path: String) throws {
    let names = columns.keys.sorted()
    let counts = Set(columns.values.map(\.count))
    guard let count = counts.first else {
      throw ConfigurationError(
        "none of these metrics is a mean over examples", at: "--examples", remedy: "ask for '--metric elbo'")
    }
    guard counts.count == 1 else {
      throw ConfigurationError(
        "the metrics are of \(counts.sorted().map(String.init).joined(separator: " and ")) examples",
        at: "--examples", remedy: "give --limit, or ask for one metric")
    }
    let values = (0..<count).flatMap { row in names.map { Float(columns[$0]![row]) } }
    try AtomicFile.write(NPY(shape: [count, names.count], values: values).data, to: URL(filePath: path))
    note("wrote \(path): a row for each of \(count) examples; columns \(names.joined(separator: ", "))")
  }
}
