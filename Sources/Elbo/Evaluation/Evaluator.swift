import ElboData
import Torch

/// Judges a model on a whole split, never on a last batch. The numbers for a seed do not depend on the batch
/// size beyond rounding.
public struct Evaluator {
  let model: any LatentVariableModel
  let dataset: Dataset
  let configuration: RunConfiguration
  /// The seed of the evaluation's own randomness.
  let seed: UInt64
  /// The samples of z for each example, over which its terms are averaged.
  let samples: Int
  let options: EvaluationOptions
  /// Told how far a metric is that takes long.
  let watch: (EvaluationProgress) -> Void
  /// What several metrics are computed from.
  let shared = SharedResults()

  /// An evaluator of a model on a split.
  ///
  /// - Parameter watch: told how far a metric is.
  public init(
    model: any LatentVariableModel, dataset: Dataset, configuration: RunConfiguration, seed: UInt64 = 0,
    samples: Int = 1, options: EvaluationOptions = EvaluationOptions(),
    watch: @escaping (EvaluationProgress) -> Void = { _ in }
  ) {
    self.model = model
    self.samples = samples
    self.configuration = configuration
    self.seed = seed
    self.options = options
    self.watch = watch
    // Where training draws pixels anew for each batch, judging takes one draw for all.
    let drawn = dataset.drawn(
      as: configuration.data, using: Generator(seed: seed ^ 0x62_696E, device: dataset.device))
    self.dataset = options.limit.map { drawn.standing($0) } ?? drawn
  }

  /// How long a metric takes.
  enum Effort: Comparable {
    /// No longer than a pass over the split: always judged.
    case onePass
    /// Little on examples of few features: judged there.
    case smallOnPoints
    /// Judged when asked for.
    case large
  }

  /// One way to judge a model.
  public struct Metric: Sendable {
    /// What it tells.
    public let summary: String
    /// How long it takes, which decides whether it is judged when nothing is asked for.
    let effort: Effort
    /// The reason why it cannot be had of a model; nil where it can.
    let obstacle: @Sendable (Evaluator) -> String?
    /// The estimates by name, the metric's own among them.
    let judge: @Sendable (Evaluator, _ name: String) throws -> Judgement

    /// A metric that is one number.
    init(
      summary: String, effort: Effort, obstacle: @escaping @Sendable (Evaluator) -> String?,
      estimate: @escaping @Sendable (Evaluator) throws -> Estimate
    ) {
      self.init(summary: summary, effort: effort, obstacle: obstacle) { evaluator, name in
        Judgement(estimates: [name: try estimate(evaluator)])
      }
    }

    /// A metric that is the mean of a number for each example.
    init(
      summary: String, effort: Effort, unit: String, obstacle: @escaping @Sendable (Evaluator) -> String?,
      examples: @escaping @Sendable (Evaluator) throws -> [Double]
    ) {
      self.init(summary: summary, effort: effort, obstacle: obstacle) { evaluator, name in
        Judgement(name, examples: try examples(evaluator), unit: unit)
      }
    }

    /// A metric that comes with others of the same computation.
    init(
      summary: String, effort: Effort, obstacle: @escaping @Sendable (Evaluator) -> String?,
      judge: @escaping @Sendable (Evaluator, _ name: String) throws -> Judgement
    ) {
      self.summary = summary
      self.effort = effort
      self.obstacle = obstacle
      self.judge = judge
    }
  }

  /// The metrics by name. A new one is one file and one line here.
  public static let metrics: [String: Metric] = [
    "elbo": .elbo, "reconstruction": .reconstruction, "kl": .kl, "log-density-ratio": .logDensityRatio,
    "bits-per-dimension": .bitsPerDimension, "mse": .mse,
    "iwae": .importanceWeighted, "ais": .annealed, "bidirectional": .bidirectional,
    "exact-log-likelihood": .exactLogLikelihood, "posterior-kl": .posteriorKL,
    "inference-gap": .inferenceGap, "calibration": .calibration,
    "aggregated-kl": .aggregatedKL, "energy-distance": .energyDistance,
    "classification-error": .classificationError, "clustering-error": .clusteringError,
    "mmd": .mmd, "sliced-wasserstein": .slicedWasserstein,
    "kernel-stein-discrepancy": .kernelSteinDiscrepancy, "kolmogorov-smirnov": .kolmogorovSmirnov,
    "mutual-information": .mutualInformation, "active-units": .activeUnits,
    "parzen-log-likelihood": .parzenLogLikelihood, "psnr": .psnr, "ssim": .ssim,
    "mnist-feature-distance": .featureDistance, "mnist-feature-precision": .featurePrecision,
    "knn-accuracy": .neighbourAccuracy, "linear-probe-accuracy": .linearProbeAccuracy,
    "clustering-accuracy": .clusteringAccuracy, "mutual-information-gap": .mutualInformationGap,
  ]

  /// The names of the metrics that this model has.
  public var available: [String] {
    Self.metrics.filter { $0.value.obstacle(self) == nil }.keys.sorted()
  }

  /// Those that are judged when nothing is asked for.
  public var defaultMetrics: [String] {
    metrics(upTo: dataset.featureCount <= 16 ? .smallOnPoints : .onePass)
  }

  /// Whether the model's `elbo` is a lower bound in expectation.
  public var elboIsBound: Bool { divergence?.givesBound ?? false }

  /// Those that take no longer than a pass over the split.
  public var quickMetrics: [String] { metrics(upTo: .onePass) }

  private func metrics(upTo effort: Effort) -> [String] {
    available.filter { Self.metrics[$0]!.effort <= effort }
  }

  /// The estimates of some metrics, and of what comes with them.
  ///
  /// - Throws: `ConfigurationError` for a metric that is unknown, or that this model does not have.
  public func evaluate(_ names: [String]) throws -> [String: Estimate] { try judge(names).estimates }

  /// The same, with the numbers of each example where a metric has them.
  ///
  /// - Throws: `ConfigurationError` as `evaluate`; `EvaluationInterrupted` where the process is asked to stop.
  public func judge(_ names: [String]) throws -> Judgement {
    var found = Judgement()
    for name in names {
      guard let metric = Self.metrics[name] else {
        throw ConfigurationError.unknown("metric", name, known: Array(Self.metrics.keys), at: "--metric")
      }
      if let obstacle = metric.obstacle(self) {
        throw ConfigurationError("'\(name)' is not defined: \(obstacle)", at: "--metric")
      }
      found.add(try withoutGradients { () throws in try metric.judge(self, name) })
    }
    return found
  }

  /// The divergence that the model's bound uses, on a few examples; nil where it has none.
  var divergence: DivergenceEstimate? {
    withoutGradients {
      model.boundTerms(
        dataset.prefix(2).batch, using: Generator(seed: seed, device: dataset.device)
      ).divergence
    }
  }
}
