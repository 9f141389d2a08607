import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Estimates against closed forms, and what they may not depend on.
struct EvaluationTests {
  /// x = W z + b + s e with orthogonal columns of W, whose posterior is diagonal and whose every density is
  /// known.
  struct LinearGaussian {
    static let columns: [[Double]] = [[1.2, -0.4, 0.8], [0.2, 0.9, 0.15]]
    static let shift = [0.3, -0.2, 0.1]
    static let scale = 0.6
    let dimension: Int
    let model: any LatentVariableModel
    let dataset: Dataset

    init(_ dimension: Int, kl: String = "analytic", count: Int = 40) throws {
      self.dimension = dimension
      model = try ElboTests.model(
        "vae-fashion",
        [
          "latent.dimension=\(dimension)", "encoder.hidden=[]", "decoder.hidden=[]", "divergence.kl=\(kl)",
          "likelihood.kind=gaussian", "likelihood.scale=\(Self.scale)",
        ], features: 3)
      dataset = EvaluationTests.dataset(
        Tensor.standardNormal([count, 3], using: Generator(seed: 8)) * 1.5, range: -9...9)
      let columns = Self.columns.prefix(dimension)
      let weight = (0..<3).flatMap { row in columns.map { Float($0[row]) } }
      // q(z|x) = p(z|x): variances s^2 / (s^2 + |w|^2), means w (x - b) / (s^2 + |w|^2).
      let totals = columns.map { $0.reduce(Self.scale * Self.scale) { $0 + $1 * $1 } }
      let mean = zip(columns, totals).flatMap { column, total in column.map { Float($0 / total) } }
      let offset = zip(columns, totals).map { column, total in
        Float(-zip(column, Self.shift).reduce(0) { $0 + $1.0 * $1.1 } / total)
      }
      let logScales = totals.map { Float(log(Self.scale) - 0.5 * log($0)) }
      try model.load(
        Safetensors(tensors: [
          "decoder.layers.0.weight": Tensor(weight, shape: [3, dimension]),
          "decoder.layers.0.bias": Tensor(Self.shift.map(Float.init), shape: [3]),
          "encoder.network.layers.0.weight": Tensor(
            mean + [Float](repeating: 0, count: mean.count), shape: [2 * dimension, 3]),
          "encoder.network.layers.0.bias": Tensor(offset + logScales, shape: [2 * dimension]),
        ]), from: URL(filePath: "/by-hand"))
    }

    /// log N(x; b, W W^T + s^2 I), of each example.
    var logDensities: [Double] {
      let values = dataset.features.numbers
      let variance = Self.scale * Self.scale
      return (0..<dataset.count).map { row in
        let rest = (0..<3).map { values[3 * row + $0] - Self.shift[$0] }
        var square = rest.reduce(0) { $0 + $1 * $1 } / variance
        var logDeterminant = 3 * log(variance)
        for column in Self.columns.prefix(dimension) {
          let length = column.reduce(0) { $0 + $1 * $1 }
          let along = zip(rest, column).reduce(0) { $0 + $1.0 * $1.1 }
          square -= along * along / (variance * (variance + length))
          logDeterminant += log((variance + length) / variance)
        }
        return -0.5 * (square + logDeterminant + 3 * log(2 * .pi))
      }
    }

    func evaluate(_ metric: String, seed: UInt64 = 0) throws -> Estimate {
      try EvaluationTests.evaluate(model, dataset, metric, seed: seed)
    }
  }

  private static func dataset(_ features: Tensor, range: ClosedRange<Double> = 0...1) -> Dataset {
    Dataset(name: "own", features: features, labels: nil, classNames: [], image: nil, range: range)
  }

  private static func evaluate(
    _ model: any LatentVariableModel, _ dataset: Dataset, _ metric: String, seed: UInt64 = 0,
    configuration: RunConfiguration = RunConfiguration()
  ) throws -> Estimate {
    let evaluator = Evaluator(model: model, dataset: dataset, configuration: configuration, seed: seed)
    return try #require(evaluator.evaluate([metric])[metric])
  }

  @Test(arguments: [1, 2]) func quadratureEqualsTheClosedForm(_ dimension: Int) throws {
    let linear = try LinearGaussian(dimension)
    let exact = linear.logDensities
    let estimate = try linear.evaluate("exact-log-likelihood")
    let expected = Estimate(meanOf: exact, unit: "nats/example")
    #expect(abs(estimate.value - expected.value) < 1e-5, "\(estimate.value), expected \(expected.value)")
    #expect(abs(estimate.standardError - expected.standardError) < 1e-5)
    #expect(estimate.count == 40 && estimate.unit == "nats/example")
  }

  @Test func quadratureEndsAtTwoDimensions() throws {
    let deep = try model("vae-fashion", ["latent.dimension=3", "encoder.hidden=[3]", "decoder.hidden=[3]"])
    let error = try failure(ConfigurationError.self) {
      try Self.evaluate(deep, Self.dataset(Tensor.ones([2, 4])), "exact-log-likelihood")
    }
    #expect(error.problem.contains("quadrature serves 1 or 2 latent dimensions, and this model has 3"))
  }

  @Test(arguments: [1, 2]) func theBoundIsTightAtTheExactPosterior(_ dimension: Int) throws {
    // log p(x|z) + log p(z) - log q(z|x) is then log p(x) for every z.
    let sampled = try LinearGaussian(dimension, kl: "monte-carlo")
    let exact = Estimate(meanOf: sampled.logDensities, unit: "")
    #expect(abs(try sampled.evaluate("elbo").value - exact.value) < 1e-4)
    // In closed form only the mean is: within five standard errors of the noise, once in 1.7 million wrong.
    let analytic = try LinearGaussian(dimension, count: 4000)
    let terms = withoutGradients {
      analytic.model.boundTerms(analytic.dataset.batch, using: Generator(seed: 4))
    }
    let divergence = try #require(terms.divergence)
    #expect(divergence.givesBound && divergence.name == .kl)
    let gaps = zip((terms.reconstruction - divergence.values).numbers, analytic.logDensities).map { $0 - $1 }
    let gap = Estimate(meanOf: gaps, unit: "")
    #expect(abs(gap.value) < 5 * gap.standardError && gap.standardError < 0.05)
  }

  @Test func anyOtherPosteriorGivesLess() throws {
    let linear = try LinearGaussian(2, kl: "monte-carlo", count: 4000)
    let weights = linear.model.weights
    let bias = try #require(weights["encoder.network.layers.0.bias"])
    // KL(q, p(z|x)) of a mean that is one posterior standard deviation off is 1/2.
    let scale = exp(bias.numbers[2])
    bias.detached().copy(from: bias.detached() + Tensor([Float(scale), 0, 0, 0], shape: [4]))
    let exact = linear.logDensities
    let found = linear.model.boundTerms(linear.dataset.batch, using: Generator(seed: 4))
    let bound = (found.reconstruction - (try #require(found.divergence)).values).numbers
    let gap = Estimate(meanOf: zip(exact, bound).map { $0 - $1 }, unit: "")
    #expect(abs(gap.value - 0.5) < 5 * gap.standardError && gap.standardError < 0.05, "\(gap)")
  }

  private static let digits = ["data.name=drawn-digits", "data.count=2100"]

  /// Batches of 500 are replayed, the last hundred is not: each example has the numbers that libtorch gives for its draws.
  @Test(arguments: [
    ("vae-mnist", digits), ("vae-fashion", digits + ["divergence.kl=monte-carlo"]), ("aae-mnist", digits),
    ("avb-four-points", ["data.pointsPerClass=525"]), ("cvae-mnist", digits), ("vae-fashion-conv", digits),
    ("vae-iaf-mnist", digits + ["likelihood.kind=discretised-logistic"]),
  ])
  func replayedPassesAreLibtorchs(_ preset: String, _ settings: [String]) throws {
    let configuration = try ConfigurationLoader.load(preset, settings: settings + ["data.binarisation=off"])
    let dataset = try Dataset.load(configuration, .train)
    let built = try ModelBuilder.build(configuration, shape: dataset.shape, using: Generator(seed: 1))
    let evaluator = Evaluator(
      model: built, dataset: dataset, configuration: configuration, seed: 5, samples: 10)
    let names = ["elbo", "reconstruction", "mse"].filter(evaluator.available.contains)
    let found = try evaluator.judge(names)
    let generator = Generator(seed: 5)
    var expected: [String: [Double]] = [:]
    try withoutGradients { () throws in
      try dataset.forEachBatch(of: 500) { batch in
        func mean(_ term: (BoundTerms) -> Tensor) -> [Double] {
          Tensor.stack(terms.map(term)).mean(over: [0]).numbers
        }
        let terms = (0..<10).map { _ in built.boundTerms(batch, using: generator) }
        expected["reconstruction", default: []] += mean(\.reconstruction)
        expected["mse", default: []] += mean { $0.squaredError() }
        if terms[0].divergence != nil {
          expected["elbo", default: []] += mean { $0.reconstruction - $0.divergence!.values }
        }
      }
    }
    #expect(names.count == (preset == "aae-mnist" ? 2 : 3))
    for name in names {
      let (found, expected) = (found.examples[name]!, expected[name]!)
      #expect(found.count == 2100 && expected.count == 2100)
      let scale = expected.map(abs).max()!
      let error = zip(found, expected).map { abs($0 - $1) }.max()!
      #expect(error < 1e-4 * scale, "\(name)")
    }
    // libtorch's own numbers would be the same to the bit.
    #expect(found.examples["reconstruction"] != expected["reconstruction"])
  }

  /// 1100 examples whose last hundred are unlike the rest: a mean over all, whatever batches training takes.
  @Test func everyExampleCountsOnce() throws {
    let plain = Tensor.uniform([1000, 4], using: Generator(seed: 2)) * 0.1
    let features = Tensor.concatenate([plain, Tensor.ones([100, 4])], over: 0)
    let built = try model("aae-mnist", ["encoder.hidden=[5]", "decoder.hidden=[5]"])
    let whole = try Self.evaluate(built, Self.dataset(features), "mse")
    let alone = withoutGradients {
      (0..<1100).map { row in
        built.boundTerms(Batch(features.narrowed(0, from: row, length: 1)), using: Generator(seed: 0))
          .squaredError()
          .item()
      }
    }
    let expected = Estimate(meanOf: alone, unit: "")
    #expect(whole.count == 1100 && abs(whole.value - expected.value) < 1e-6)
    #expect(abs(whole.standardError - expected.standardError) < 1e-6)
    #expect(try abs(Self.evaluate(built, Self.dataset(plain), "mse").value - whole.value) > 1e-3)
  }

  @Test func aSeedDecidesAnEstimateAndTheBatchSizeDoesNot() throws {
    let built = try model("vae-fashion", ["encoder.hidden=[5]", "decoder.hidden=[5]"])
    let dataset = Self.dataset(Tensor.uniform([70, 4], using: Generator(seed: 2)))
    var small = RunConfiguration()
    (small.training.batchSize, small.seed) = (7, 9)
    for metric in ["elbo", "reconstruction", "mse"] {
      let first = try Self.evaluate(built, dataset, metric)
      #expect(try Self.evaluate(built, dataset, metric, configuration: small) == first)
      #expect(try Self.evaluate(built, dataset, metric, seed: 1).value != first.value)
    }
  }

  @Test func pixelsDrawnAnewAreJudgedByOneDraw() throws {
    let built = try model("vae-fashion", ["encoder.hidden=[5]", "decoder.hidden=[5]"])
    var dynamic = RunConfiguration()
    dynamic.data.binarisation = .dynamic
    let grey = Self.dataset(Tensor.full(0.5, shape: [400, 4]))
    let drawn = try Self.evaluate(built, grey, "mse", configuration: dynamic)
    // Of a pixel that is 0 or 1, a prediction near a half is off by a half; of a grey one, by nothing.
    #expect(try Self.evaluate(built, grey, "mse").value < 0.1 && drawn.value > 0.2)
    #expect(try Self.evaluate(built, grey, "mse", configuration: dynamic) == drawn)
  }

  @Test(arguments: [
    (
      "vae-fashion", ["bits-per-dimension", "elbo", "kl", "mse", "reconstruction"],
      ["inference-gap", "iwae", "mutual-information", "posterior-kl"], true
    ),
    (
      "avb-four-points", ["bits-per-dimension", "elbo", "log-density-ratio", "mse", "reconstruction"],
      ["calibration", "iwae", "posterior-kl"], false
    ),
    ("aae-mnist", ["mse", "reconstruction"], [], false),
  ])
  func aModelHasTheMetricsThatItDefines(
    _ preset: String, _ quick: [String], _ large: [String], _ isBound: Bool
  ) throws {
    let all = [
      "active-units", "aggregated-kl", "ais", "bidirectional", "energy-distance", "exact-log-likelihood",
      "kernel-stein-discrepancy", "kolmogorov-smirnov", "mmd", "parzen-log-likelihood", "sliced-wasserstein",
    ]
    let names = (quick + large + all).sorted()
    let built = try model(preset, ["latent.dimension=2", "encoder.hidden=[5]", "decoder.hidden=[5]"])
    let evaluator = Evaluator(
      model: built, dataset: Self.dataset(Tensor.identity(4)), configuration: RunConfiguration())
    #expect(evaluator.available == names)
    #expect(evaluator.defaultMetrics == (quick + ["exact-log-likelihood"]).sorted())
    #expect(evaluator.quickMetrics == quick)
    #expect(evaluator.elboIsBound == isBound)
    for name in Set(Evaluator.metrics.keys).subtracting(names) {
      let error = try failure(ConfigurationError.self) { try evaluator.evaluate([name]) }
      #expect(error.problem.hasPrefix("'\(name)' is not defined: ") && error.location == "--metric")
    }
    let error = try failure(ConfigurationError.self) { try evaluator.evaluate(["elbow"]) }
    #expect(error.description == "--metric: unknown metric 'elbow'; did you mean 'elbo'?")
  }

  @Test func estimates() {
    let estimate = Estimate(meanOf: [1, 2, 3, 6], unit: "nats/example")
    #expect(estimate.value == 3 && estimate.count == 4 && estimate.unit == "nats/example")
    #expect(abs(estimate.standardError - (14.0 / 3 / 4).squareRoot()) < 1e-15)
    #expect(Estimate(meanOf: [5], unit: "").standardError.isNaN)
  }

  @Test func codesOfEveryKind() throws {
    let x = Batch(Tensor.identity(4))
    let generator = Generator(seed: 1)
    let hidden = ["latent.dimension=2", "encoder.hidden=[6]", "decoder.hidden=[6]"]
    let fixed = try model("aae-mnist", hidden)
    #expect(fixed.encode(x, using: generator).bytes == fixed.encodeZeroNoise(x).bytes)
    let gaussian = try model("vae-fashion", hidden)
    #expect(gaussian.encodeMean(x, samples: 1, using: generator).bytes == gaussian.encodeZeroNoise(x).bytes)
    #expect(gaussian.encode(x, using: generator).bytes != gaussian.encode(x, using: generator).bytes)
    let implicit = try model("avb-four-points", hidden)
    // A ReLU network's mean is not its value at zero noise; 20,000 draws put it within 0.05 of another such
    // mean.
    let means = (0..<2).map { _ in implicit.encodeMean(x, samples: 20_000, using: generator).numbers }
    #expect(zip(means[0], means[1]).allSatisfy { abs($0 - $1) < 0.05 })
    #expect(zip(means[0], implicit.encodeZeroNoise(x).numbers).contains { abs($0 - $1) > 0.05 })
    #expect(implicit.samplePrior(3, using: generator).shape == [3, 2])
    let sample = gaussian.decodeSample(
      gaussian.samplePrior(5, using: generator), labels: nil, using: generator)
    #expect(sample.shape == [5, 4] && sample.numbers.allSatisfy { $0 == 0 || $0 == 1 })
  }

  /// Seven batches, of which the first six are replayed and the last is not.
  @Test func manyCodesAreDecodedAsFewAre() throws {
    let configuration = try ConfigurationLoader.load(
      "vae-fashion-conv", settings: ["data.name=drawn-digits", "data.count=64"])
    let model = try Trainer(configuration, dataset: Dataset.load(configuration, .train)).model
    let z = Tensor.standardNormal([3003, model.latentDimension], using: Generator(seed: 1))
    func parts(_ decode: (Tensor) -> Tensor) -> Tensor {
      withoutGradients {
        Tensor.concatenate(
          stride(from: 0, to: 3003, by: 500).map {
            decode(z.narrowed(0, from: $0, length: min(500, 3003 - $0)))
          }, over: 0)
      }
    }
    var told: [Int] = []
    let means = model.decode(z, labels: nil) { told.append($0) }
    #expect(told == [500, 1000, 1500, 2000, 2500, 3000, 3003])
    #expect((means - parts { model.decodeMean($0, labels: nil) }).abs().max().item() < 1e-5)
    // Of numbers drawn by the same stream, a mean that is rounded otherwise turns one in a million.
    let (one, other) = (Generator(seed: 2), Generator(seed: 2))
    let draws = model.decode(z, labels: nil, drawing: one)
    let expected = parts { model.decodeSample($0, labels: nil, using: other) }
    #expect((draws - expected).abs().mean().item() < 1e-4 && one.state == other.state)
  }
}
