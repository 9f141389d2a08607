import ElboData
import Torch

/// How fast a configuration's model is used on this machine: evaluated, encoding and decoding.
///
/// The weights are fresh; they change no number of operations.
public struct InferenceBenchmark: Sendable, Codable {
  /// Examples a second of the bound, or of the reconstruction where the model has no bound, on the test
  /// split.
  public let evaluatedPerSecond: Double
  /// Posterior samples a second.
  public let encodedPerSecond: Double
  /// Means of p(x|z) a second for samples of the prior.
  public let sampledPerSecond: Double
  /// Examples a second of the importance-weighted bound on log p(x) at `importanceSamples` draws of z each, on
  /// the first thousand; nil where q(z|x) or p(z) has no density.
  public let importanceWeightedPerSecond: Double?
  /// Evaluations a second of log p(x|z) and its slope in z, which annealed importance sampling consists of, for
  /// `annealedExamples` examples with `annealedChains` chains each; nil where p(z) has no density.
  public let annealedPerSecond: Double?
  /// The seconds it took to load the test split.
  public let secondsToLoadData: Double
  /// The examples of the test split.
  public let examples: Int
  /// The threads an operation may use.
  public let threads: Int

  /// The draws of z for one importance-weighted bound.
  public static let importanceSamples = 50
  /// The examples that are annealed at once, and the chains of each.
  public static let annealedExamples = 100, annealedChains = 8

  /// Passes over the test split, again and again for at least `seconds` for each use, after one pass
  /// unmeasured.
  ///
  /// - Throws: a `DiagnosedError` when the data are missing, or the parts of the model do not go together.
  public init(_ configuration: RunConfiguration, seconds: Double) throws {
    let clock = ContinuousClock()
    let loading = clock.now
    let test = try Dataset.load(configuration, .test)
    secondsToLoadData = loading.duration(to: clock.now) / .seconds(1)
    let generator = Generator(seed: configuration.seed, device: test.device)
    let model = try ModelBuilder.build(
      configuration, shape: test.shape, using: generator)
    // An evaluator keeps what it found: each pass needs another.
    func evaluator() -> Evaluator { Evaluator(model: model, dataset: test, configuration: configuration) }
    let metric = evaluator().available.contains("elbo") ? "elbo" : "reconstruction"
    examples = test.count
    threads = Engine.threadCount

    func rate(of count: Int? = nil, _ pass: () throws -> Void) throws -> Double {
      try pass()
      var passes = 0
      let begin = clock.now
      var spent = 0.0
      while spent < seconds || passes == 0 {
        try pass()
        passes += 1
        spent = begin.duration(to: clock.now) / .seconds(1)
      }
      return Double(passes * (count ?? test.count)) / spent
    }
    evaluatedPerSecond = try rate { _ = try evaluator().evaluate([metric]) }
    encodedPerSecond = try rate {
      try withoutGradients { () throws in
        try test.forEachBatch(of: 500) { batch in _ = model.encode(batch, using: generator).sum().item() }
      }
    }
    sampledPerSecond = try rate {
      let z = withoutGradients { model.samplePrior(test.count, using: generator) }
      model.forEachDecoded(z, labels: test.labelTensor) { _ = $0.sum().item() }
    }
    if model.priorDistribution == nil {
      annealedPerSecond = nil
    } else {
      let target = AnnealedTarget(
        model, test.prefix(Self.annealedExamples).batch, chains: Self.annealedChains,
        rows: EvaluationOptions().batchSize)
      let z = target.start(using: generator)
      annealedPerSecond = try rate(of: target.rows) {
        _ = target.computing { target.point(at: z).likelihoodSlope.sum().item() }
      }
    }
    let few = test.prefix(1000)
    let hasDensities =
      model.priorDistribution != nil
      && withoutGradients { model.posterior(given: test.prefix(1).batch).densitySample != nil }
    var options = EvaluationOptions()
    options.importanceSamples = Self.importanceSamples
    importanceWeightedPerSecond =
      !hasDensities
      ? nil
      : try rate(of: few.count) {
        let evaluator = Evaluator(model: model, dataset: few, configuration: configuration, options: options)
        _ = try evaluator.evaluate(["iwae"])
      }
  }
}
