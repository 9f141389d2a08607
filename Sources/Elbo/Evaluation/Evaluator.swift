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

  /// An evaluator of a model on a split.
  public init(
    model: any LatentVariableModel, dataset: Dataset, configuration: RunConfiguration, seed: UInt64 = 0,
    samples: Int = 1
  ) {
    self.model = model
    self.samples = samples
    self.configuration = configuration
    self.seed = seed
    // Where training draws pixels anew for each batch, judging takes one draw for all.
    self.dataset = dataset.drawn(
      as: configuration.data, using: Generator(seed: seed ^ 0x62_696E, device: dataset.device))
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
    let estimate: @Sendable (Evaluator) throws -> Estimate
  }

  /// The metrics by name. A new one is one file and one line here.
  public static let metrics: [String: Metric] = [
    "elbo": .elbo, "reconstruction": .reconstruction, "kl": .kl, "log-density-ratio": .logDensityRatio,
    "mse": .mse, "exact-log-likelihood": .exactLogLikelihood,
    "aggregated-kl": .aggregatedKL, "energy-distance": .energyDistance,
    "classification-error": .classificationError, "clustering-error": .clusteringError,
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

  /// The estimates of some metrics.
  ///
  /// - Throws: `ConfigurationError` for a metric that is unknown, or that this model does not have.
  public func evaluate(_ names: [String]) throws -> [String: Estimate] {
    var estimates: [String: Estimate] = [:]
    for name in names {
      guard let metric = Self.metrics[name] else {
        throw ConfigurationError.unknown("metric", name, known: Array(Self.metrics.keys), at: "--metric")
      }
      if let obstacle = metric.obstacle(self) {
        throw ConfigurationError("'\(name)' is not defined: \(obstacle)", at: "--metric")
      }
      estimates[name] = try withoutGradients { () throws in try metric.estimate(self) }
    }
    return estimates
  }

  /// A value for each example, by batches, averaged over its samples of z.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  func perExample(_ values: (BoundTerms) -> Tensor) throws -> [Double] {
    let generator = Generator(seed: seed, device: dataset.device)
    var all: [Double] = []
    try dataset.forEachBatch(of: 500) { batch in
      let draws = (0..<samples).map { _ in
        values(model.boundTerms(batch, using: generator)).converted(to: .float64)
      }
      all += Tensor.stack(draws, over: 0).mean(over: [0]).values(as: Double.self)
    }
    return all
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
