import ArgumentParser
import Elbo
import ElboData
import Foundation
import Torch

extension Split: ExpressibleByArgument {}

/// `elbo evaluate DIR [--metric NAME]... [--split test|validation|train] [--json]`
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Judge a run on a whole split.",
    discussion: """
      elbo evaluate runs/fashion
      elbo evaluate runs/points --metric exact-log-likelihood --json
      elbo evaluate runs/digits --split validation

      Metrics:

      """
        + Evaluator.metrics.sorted { $0.key < $1.key }
        .map { $0.key.padding(toLength: 24, withPad: " ", startingAt: 0) + $0.value.summary }
        .joined(separator: "\n"))

  @Argument(help: ArgumentHelp("The run's folder.", valueName: "run")) var directory: String
  @Option(
    name: .customLong("metric"),
    help: ArgumentHelp(
      "A metric to compute; by default those of the model that take no longer than a pass over the split, and on points the exact log-likelihood.",
      valueName: "name"))
  var metrics: [String] = []
  @Option(help: "The examples to judge by: test, validation or train.") var split = Split.test
  @Option(help: "The samples of z for each example.") var samples = 1
  @Option(help: "The seed of the evaluation's noise.") var seed: UInt64 = 0
  @Flag(help: "Print one JSON object: metric to value, standardError, count and unit.") var json = false

  func validate() throws {
    guard samples > 0 else { throw ValidationError("--samples \(samples) is not 1 or more") }
  }

  func run() throws {
    Engine.prepare()
    let trained = try TrainedRun(directory)
    let evaluator = Evaluator(
      model: trained.model,
      dataset: split == .test ? trained.test : try Dataset.load(trained.configuration, split),
      configuration: trained.configuration, seed: seed, samples: samples)
    let names = metrics.isEmpty ? evaluator.defaultMetrics : metrics
    let estimates = try evaluator.evaluate(names)
    if json {
      try printJSON(estimates)
    } else {
      for (name, estimate) in estimates.sorted(by: { $0.key < $1.key }) {
        print(
          name.padding(toLength: 24, withPad: " ", startingAt: 0)
            + String(format: "%12.5g ± %-9.2g ", estimate.value, estimate.standardError)
            + "\(estimate.unit), n = \(estimate.count)")
      }
    }
    if estimates["elbo"] != nil, !evaluator.elboIsBound {
      note("elbo: with the divergence by a discriminator, 'elbo' is an estimate and no lower bound")
    }
  }
}
