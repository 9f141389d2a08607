import Elbo
import ElboData
import ElboDistributions
import Foundation
import Testing
import Torch

/// Estimates of log p(x) against a model whose log p(x) is known.
struct LikelihoodTests {
  /// x = W z + b + s e, W a random matrix, with a full-covariance q(z|x) that is the true posterior but for a mean off
  /// by a tenth, and scales too wide by a twentieth.
  struct LinearGaussian {
    let model: any LatentVariableModel
    let marginal: FullCovarianceNormal

    init(_ d: Int) throws {
      let features = d + 3
      let scale = 0.7
      model = try ElboTests.model(
        "vae-fashion",
        [
          "latent.dimension=\(d)", "encoder.hidden=[]", "decoder.hidden=[]", "divergence.kl=monte-carlo",
          "posterior.kind=gaussian-full", "likelihood.kind=gaussian", "likelihood.scale=\(scale)",
        ], features: features)
      let generator = Generator(seed: 5)
      let w = Tensor.standardNormal([features, d], using: generator, type: .float64) / Double(d).squareRoot()
      let b = Tensor.standardNormal([features], using: generator, type: .float64)
      func identity(_ n: Int) -> Tensor { Tensor.identity(n, type: .float64) }
      marginal = FullCovarianceNormal(
        mean: b, covariance: w.matmul(w.transposed()) + identity(features) * (scale * scale))
      // The posterior's precision is I + W^T W / s^2.
      let precision = identity(d) + w.transposed().matmul(w) / (scale * scale)
      let inverseFactor = precision.cholesky().solveTriangular(identity(d))
      let covariance = inverseFactor.transposed().matmul(inverseFactor)
      let factor = covariance.cholesky() * 1.05
      let map = covariance.matmul(w.transposed()) / (scale * scale)
      let shift = -map.matmul(b.unsqueezed(1)).squeezed(1) + factor.diagonal() * 0.1
      let rest = Tensor.zeros([d + d * d, features], type: .float64)
      try model.load(
        Safetensors(
          tensors: [
            "decoder.layers.0.weight": w, "decoder.layers.0.bias": b,
            "encoder.network.layers.0.weight": Tensor.concatenate([map, rest], over: 0),
            "encoder.network.layers.0.bias": Tensor.concatenate(
              [shift, factor.diagonal().log(), factor.reshaped([d * d])], over: 0),
          ].mapValues { $0.converted(to: .float32) }), from: URL(filePath: "/by-hand"))
    }

    func dataset(_ count: Int) -> Dataset {
      LikelihoodTests.dataset(
        marginal.sample([count], using: Generator(seed: 8)).converted(to: .float32))
    }

    func exact(_ dataset: Dataset) -> [Double] {
      marginal.logDensity(at: dataset.features.converted(to: .float64)).values(as: Double.self)
    }
  }

  static func dataset(_ features: Tensor) -> Dataset {
    Dataset(name: "own", features: features, labels: nil, classNames: [], image: nil, range: -9...9)
  }

  static func options(
    steps: Int = 1000, leapfrogs: Int = 3, chains: Int = 8, batchSize: Int = 1000
  ) -> EvaluationOptions {
    var options = EvaluationOptions()
    options.annealing.steps = steps
    options.annealing.leapfrogs = leapfrogs
    options.annealing.chains = chains
    options.batchSize = batchSize
    options.stops = { false }
    return options
  }

  static func evaluator(
    _ model: any LatentVariableModel, _ dataset: Dataset, _ options: EvaluationOptions, seed: UInt64 = 0
  ) -> Evaluator {
    Evaluator(
      model: model, dataset: dataset, configuration: RunConfiguration(), seed: seed, options: options)
  }

  /// The mean error over examples: within three standard errors, once in 370 wrong where it is unbiased; the seeds are
  /// fixed.
  @Test(arguments: [(1, 1000), (4, 1000), (16, 1000), (64, 1000)])
  func estimatesHoldTheClosedForm(_ d: Int, _ steps: Int) throws {
    let linear = try LinearGaussian(d)
    let dataset = linear.dataset(10)
    var options = Self.options(steps: steps)
    options.importanceSamples = 500
    options.limit = 10
    let evaluator = Self.evaluator(linear.model, dataset, options)
    let found = try evaluator.judge(["iwae", "ais", "bidirectional", "elbo"])
    let exact = linear.exact(dataset)
    func error(_ name: String, _ exact: [Double]) throws -> Estimate {
      Estimate(
        meanOf: zip(try #require(found.examples[name]), exact).map { $0 - $1 }, unit: "nats")
    }
    let iwae = try error("iwae", exact)
    let ais = try error("ais", exact)
    #expect(abs(iwae.value) < 3 * iwae.standardError + 1e-4, "\(iwae)")
    #expect(abs(ais.value) < 3 * ais.standardError + 1e-4, "\(ais)")
    #expect(d > 16 || abs(ais.value) < 0.05, "\(ais)")
    let elbo = try error("elbo", exact)
    #expect(elbo.value < 3 * elbo.standardError && elbo.value - 3 * elbo.standardError < iwae.value)
    let simulated = linear.exact(evaluator.simulated(10).0)
    let lower = try error("bidirectional-lower", simulated)
    let upper = try error("bidirectional-upper", simulated)
    #expect(lower.value < 3 * lower.standardError + 1e-4, "\(lower)")
    #expect(upper.value > -3 * upper.standardError - 1e-4, "\(upper)")
    #expect(try #require(found.estimates["bidirectional"]).value < (d > 16 ? 1 : 0.15))
    let rate = try #require(found.estimates["ais-acceptance"])
    #expect(abs(rate.value - 0.65) < 0.12, "\(rate)")
  }

  @Test func aFittedProposalGivesABound() throws {
    // An implicit posterior: an untrained network of noise and x. No discriminator is asked.
    let built = try model("avb-four-points", ["encoder.hidden=[6]", "decoder.hidden=[6]"])
    let dataset = Self.dataset(Tensor.identity(4))
    var options = Self.options()
    options.importanceSamples = 2000
    let exact = try Quadrature(built).logLikelihoods(of: dataset)
    let found = try Self.evaluator(built, dataset, options).judge(["iwae"])
    let errors = zip(try #require(found.examples["iwae"]), exact).map { $0 - $1 }
    #expect(errors.allSatisfy { abs($0) < 0.1 }, "\(errors)")
    // The mean of four, each of 2000 weights no larger than 10 p(x|z).
    let size = try #require(found.estimates["iwae-effective-sample-size"])
    #expect(size.value > 20 && size.value <= 2000)
  }

  @Test func aSeedDecidesAndTheBatchSizeDoesNot() throws {
    let built = try model("vae-fashion", ["latent.dimension=3", "encoder.hidden=[5]", "decoder.hidden=[5]"])
    let dataset = Self.dataset(Tensor.uniform([13, 4], using: Generator(seed: 2)))
    let names = ["iwae", "ais", "bidirectional"]
    func values(_ batchSize: Int, seed: UInt64 = 0) throws -> [String: Estimate] {
      var options = Self.options(steps: 40, batchSize: batchSize)
      options.limit = 13
      return try Self.evaluator(built, dataset, options, seed: seed).evaluate(names)
    }
    let whole = try values(1000)
    #expect(try values(1000) == whole)
    for (name, estimate) in try values(17) {
      #expect(abs(estimate.value - whole[name]!.value) < 1e-3, "\(name)")
    }
    for (name, estimate) in try values(1000, seed: 1) where names.contains(name) {
      #expect(estimate.value != whole[name]!.value)
    }
  }

  /// Forty-two chains in passes of 32, the last of which covers some a second time; then, of another model, in one.
  @Test(arguments: ["vae-fashion-conv", "vae-fashion"])
  func slopesOfCapturedPassesAreAutograds(_ preset: String) throws {
    let trainer = try trainer(preset, ["data.name=drawn-digits", "data.count=100"])
    let model = trainer.model, batch = trainer.dataset.prefix(21).batch
    let target = AnnealedTarget(model, batch, chains: 2, rows: 1000)
    for seed in 3...4 as ClosedRange<UInt64> {
      let z = model.samplePrior(42, using: Generator(seed: seed))
      let found = target.point(at: z)
      #expect(target.isCaptured)
      let place = z.cloned()
      place.setRequiresGradient(true)
      let likelihood = model.logLikelihood(of: Batch(batch.x.repeatedEach(2)), given: place)
      let slope = gradient(of: likelihood.sum(), withRespectTo: [place])[0]!
      func error(_ found: Tensor, _ expected: Tensor) -> Double {
        (found - expected.detached()).abs().max().item() / expected.detached().abs().max().item()
      }
      #expect(found.logLikelihood.shape == [42])
      #expect(error(found.logLikelihood, likelihood) < 1e-5)
      #expect(error(found.likelihoodSlope, slope) < 1e-4)
    }
  }

  @Test func aLimitTakesTheSameExamplesEachTime() {
    let dataset = Self.dataset(Tensor.range(to: 100).unsqueezed(1))
    let few = dataset.standing(10).features.numbers
    #expect(few.count == 10 && few == few.sorted() && Set(few).count == 10)
    #expect(dataset.standing(10).features.numbers == few)
    #expect(dataset.standing(100).features.numbers == dataset.features.numbers)
  }

  @Test func anInterruptedRunGoesOnExactly() throws {
    let built = try model("vae-fashion", ["latent.dimension=3", "encoder.hidden=[5]", "decoder.hidden=[5]"])
    let dataset = Self.dataset(Tensor.uniform([6, 4], using: Generator(seed: 2)))
    try withTemporaryFolder { folder in
      var options = Self.options(steps: 60)
      let whole = try Self.evaluator(built, dataset, options).judge(["ais"])
      options.stateFolder = folder
      // The pilot asks 40 times; then a third of the run.
      let asked = Counter()
      options.stops = { asked.next() > 60 }
      let interrupted = try failure(EvaluationInterrupted.self) {
        try Self.evaluator(built, dataset, options).judge(["ais"])
      }
      #expect(try contents(folder) == [interrupted.state?.lastPathComponent])
      options.stops = { false }
      let resumed = try Self.evaluator(built, dataset, options).judge(["ais"])
      #expect(resumed.examples["ais"] == whole.examples["ais"])
      #expect(resumed.estimates == whole.estimates)
      // Other options are another run.
      options.annealing.chains = 3
      _ = try Self.evaluator(built, dataset, options).judge(["ais"])
      #expect(try contents(folder).count == 2)
    }
  }

  /// Counts calls, from any thread.
  final class Counter: @unchecked Sendable {
    // Guarded by the lock.
    private var count = 0
    private let lock = NSLock()
    func next() -> Int {
      lock.withLock {
        count += 1
        return count
      }
    }
  }

  @Test(arguments: TemperatureSchedule.allCases) func temperaturesGoFromPriorToPosterior(
    _ schedule: TemperatureSchedule
  ) {
    let betas = (0...50).map { schedule.beta(Double($0) / 50) }
    #expect(abs(betas[0]) < 1e-12 && abs(betas[50] - 1) < 1e-12 && abs(betas[25] - 0.5) < 1e-12)
    #expect(zip(betas, betas.dropFirst()).allSatisfy { $0 < $1 })
  }
}
