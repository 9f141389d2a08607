import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Runs beside each other, and metrics of a whole evaluator.
@Suite struct ComparisonTests {
  private static let digits = [
    "data.name=drawn-digits", "data.count=600", "encoder.hidden=[12]", "decoder.hidden=[12]",
    "latent.dimension=3",
    "training.steps=8", "training.batchSize=50",
  ]

  private func trained(_ folder: URL, _ name: String, _ settings: String...) throws -> TrainedRun {
    let place = folder.appending(path: name).path
    let configuration = try ConfigurationLoader.load("vae-mnist", settings: Self.digits + settings)
    _ = try TrainingSession(configuration, out: place).run()
    return try TrainedRun(place)
  }

  @Test func differencesAreThoseOfTheSameExamples() throws {
    try withTemporaryFolder { folder in
      let runs = [
        try trained(folder, "a"), try trained(folder, "b", "seed=2", "training.steps=30"),
        try trained(folder, "c", "posterior.kind=deterministic", "divergence.kind=adversarial"),
      ]
      let paths = ["a", "b", "c"].map { folder.appending(path: $0).path }
      let found = try RunComparison(runs, directories: paths, metrics: ["elbo", "mse", "active-units"])
      #expect(found.runs.map(\.name) == ["a", "b", "c"] && found.runs[1].step == 30 && found.examples == 100)
      #expect(found.rows.map(\.metric) == ["active-units", "elbo", "mse"])
      for row in found.rows {
        for (index, run) in runs.enumerated() {
          let evaluator = Evaluator(model: run.model, dataset: runs[0].test, configuration: run.configuration)
          #expect(
            try row.estimates[index]
              == (evaluator.available.contains(row.metric)
                ? evaluator.evaluate([row.metric])[row.metric] : nil))
        }
      }
      let mse = found.rows[2]
      let difference = try #require(mse.differences[1])
      #expect(mse.differences[0] == nil && difference.isPaired && difference.count == 100)
      let (a, b) = (try #require(mse.estimates[0]), try #require(mse.estimates[1]))
      #expect(abs(difference.value - (b.value - a.value)) < 1e-12)
      #expect(difference.low < difference.value && difference.value < difference.high && difference.isClear)
      // What examples have in common cancels.
      #expect(
        difference.standardError
          < (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot())
      // A run without the metric has no difference; a figure that is no mean is not paired.
      #expect(found.rows[1].estimates[2] == nil && found.rows[1].differences[2] == nil)
      #expect(try #require(found.rows[0].differences[1]).isPaired == false)

      let same = try RunComparison([runs[0], runs[0]], directories: [paths[0], paths[0]])
      #expect(same.runs.map(\.name) == ["\(paths[0]) (1)", "\(paths[0]) (2)"])
      for row in same.rows {
        let none = try #require(row.differences[1])
        #expect(none.value == 0 && none.low == 0 && none.high == 0 && !none.isClear, "\(row.metric)")
      }
      let again = try RunComparison(runs, directories: paths, metrics: ["elbo", "mse", "active-units"])
      #expect(again.rows == found.rows)
      let error = try failure(ConfigurationError.self) {
        try RunComparison(runs, directories: paths, metrics: ["elbow"])
      }
      #expect(error.problem.hasPrefix("unknown metric 'elbow'"))
      let undefined = try failure(ConfigurationError.self) {
        try RunComparison(runs, directories: paths, metrics: ["exact-log-likelihood"])
      }
      #expect(undefined.problem.contains("quadrature serves"))
    }
  }

  @Test func runsOfOtherExamplesAreRefusedAndOtherLikelihoodsTold() throws {
    try withTemporaryFolder { folder in
      let a = try trained(folder, "a")
      for (name, setting, reason) in [
        ("range", "data.range=symmetric", "data.range is symmetric, not unit"),
        ("drawn", "data.binarisation=dynamic", "data.binarisation is dynamic, not off"),
      ] {
        let other = try trained(folder, name, setting, "likelihood.kind=gaussian")
        let error = try failure(ConfigurationError.self) {
          try RunComparison([a, other], directories: ["a", name])
        }
        #expect(
          error.description.contains("examples are not those of 'a'") && error.description.contains(reason))
      }
      let gaussian = try trained(folder, "gaussian", "likelihood.kind=gaussian")
      let found = try RunComparison([a, gaussian], directories: ["a", "gaussian"], metrics: ["elbo"])
      #expect(found.warnings.contains { $0.hasPrefix("the likelihoods differ (bernoulli, gaussian)") })
      #expect(a.configuration.settings["likelihood.kind"] == "bernoulli")
      #expect(a.configuration.settings["encoder.hidden"] == "[12]")
    }
  }

  /// Whatever batches training and evaluation take, a seed decides a number.
  @Test func batchesDoNotMatterToMetrics() throws {
    let configuration = try ConfigurationLoader.load("vae-mnist", settings: Self.digits)
    let dataset = try Dataset.load(configuration, .test)
    let built = try ModelBuilder.build(configuration, shape: dataset.shape, using: Generator(seed: 1))
    var small = configuration
    (small.training.batchSize, small.training.steps) = (7, 3)
    var options = EvaluationOptions()
    options.batchSize = 11
    let names = [
      "active-units", "clustering-accuracy", "knn-accuracy", "kolmogorov-smirnov",
      "linear-probe-accuracy", "mnist-feature-distance", "mnist-feature-precision", "mutual-information",
      "mutual-information-gap", "psnr", "sliced-wasserstein", "ssim",
    ]
    func judged(
      _ names: [String], _ configuration: RunConfiguration, _ options: EvaluationOptions, seed: UInt64 = 3
    ) throws -> Judgement {
      try Evaluator(
        model: built, dataset: dataset, configuration: configuration, seed: seed, options: options
      ).judge(names)
    }
    var first = try judged(names, configuration, EvaluationOptions())
    let second = try judged(names, small, options)
    #expect(first.estimates == second.estimates && first.examples == second.examples)
    let other = try judged(["sliced-wasserstein"], configuration, EvaluationOptions(), seed: 4)
    #expect(other.estimates["sliced-wasserstein"] != first.estimates["sliced-wasserstein"])

    // These take the same samples as others above, and longer.
    let long = try judged(
      ["kernel-stein-discrepancy", "mmd", "parzen-log-likelihood"], configuration, EvaluationOptions())
    first.estimates.merge(long.estimates) { $1 }
    first.examples.merge(long.examples) { $1 }
    let further = ["mmd", "mmd-p-value", "clustering-information", "mnist-feature-recall"]
    #expect(Set(first.estimates.keys).isSuperset(of: names + further))
    #expect(first.estimates["kolmogorov-smirnov-3"] != nil && first.estimates["kolmogorov-smirnov-4"] == nil)
    for (name, estimate) in first.estimates {
      #expect(
        estimate.value.isFinite && estimate.standardError.isFinite && estimate.count > 0,
        "\(name): \(estimate)")
    }
    for name in ["psnr", "ssim", "knn-accuracy", "linear-probe-accuracy", "parzen-log-likelihood"] {
      #expect(first.examples[name]?.count == 100, "\(name)")
    }
  }

  /// Ratio and error are two forms of one number; an untrained code says little of classes, and the labels
  /// themselves all.
  @Test func reconstructionsAndRatios() throws {
    let configuration = try ConfigurationLoader.load(
      "aae-mnist",
      settings: ["data.name=drawn-digits", "data.count=600", "encoder.hidden=[5]", "decoder.hidden=[5]"])
    let dataset = try Dataset.load(configuration, .test)
    let built = try ModelBuilder.build(configuration, shape: dataset.shape, using: Generator(seed: 1))
    let found = try Evaluator(model: built, dataset: dataset, configuration: configuration).judge([
      "mse", "psnr",
    ])
    let errors = try #require(found.examples["mse"])
    for (error, ratio) in zip(errors, try #require(found.examples["psnr"])) {
      // Pixels are on [-1, 1].
      #expect(abs(10 * log10(4 / error) - ratio) < 1e-4)
    }
  }

  @Test func metricsSayWhatStandsInTheirWay() throws {
    func obstacle(_ metric: String, _ settings: String...) throws -> String {
      let configuration = try ConfigurationLoader.load("avb-four-points", settings: settings)
      let dataset = try Dataset.load(configuration, .test)
      let built = try ModelBuilder.build(configuration, shape: dataset.shape, using: Generator(seed: 1))
      let evaluator = Evaluator(model: built, dataset: dataset, configuration: configuration)
      return try failure(ConfigurationError.self) { try evaluator.evaluate([metric]) }.problem
    }
    for (metric, reason) in [
      ("mutual-information", "not known at other examples' codes"), ("psnr", "not images"),
      ("ssim", "not images"),
      ("mnist-feature-distance", "28 x 28"), ("mnist-feature-precision", "28 x 28"),
    ] {
      let problem = try obstacle(metric)
      #expect(problem.contains(reason), "\(metric): \(problem)")
    }
    #expect(
      try obstacle("kernel-stein-discrepancy", "prior.kind=uniform", "divergence.kind=adversarial")
        .contains("no gradient"))
    #expect(try obstacle("mutual-information-gap", "latent.dimension=1").contains("two latent dimensions"))
  }
}
