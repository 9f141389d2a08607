import Torch

/// What a sweep ranks its trials by: a metric of the validation split, or of the test split where none is held out.
public struct SweepObjective: Sendable, Hashable, Codable {
  /// Which values are better.
  public enum Direction: String, Sendable, Codable {
    /// More is better.
    case maximise
    /// Less is better.
    case minimise
  }

  /// A metric of `Evaluator.metrics`.
  public let metric: String
  /// Which values of it are better.
  public let direction: Direction

  /// A metric with its direction, by default the one that everybody means.
  ///
  /// - Throws: `ConfigurationError` for an unknown metric, or one of which neither direction goes without saying.
  public init(_ metric: String, direction: Direction? = nil) throws(ConfigurationError) {
    guard Evaluator.metrics[metric] != nil else {
      throw .unknown("metric", metric, known: Array(Evaluator.metrics.keys), at: "--metric")
    }
    guard let direction = direction ?? Self.usual[metric] else {
      throw ConfigurationError(
        "neither more nor less of '\(metric)' is better as such", at: "--metric",
        remedy: "give --maximise or --minimise")
    }
    (self.metric, self.direction) = (metric, direction)
  }

  /// Whether a value is better than another; one that is no number is worse than all others.
  public func isBetter(_ value: Double, than other: Double) -> Bool {
    guard !value.isNaN, !other.isNaN else { return !value.isNaN && other.isNaN }
    return direction == .maximise ? value > other : value < other
  }

  private static let usual: [String: Direction] = {
    let more = [
      "elbo", "reconstruction", "iwae", "ais", "exact-log-likelihood", "parzen-log-likelihood", "psnr",
      "ssim",
      "mnist-feature-precision", "knn-accuracy", "linear-probe-accuracy", "clustering-accuracy",
      "mutual-information-gap", "active-units",
    ]
    let less = [
      "bits-per-dimension", "mse", "posterior-kl", "inference-gap", "aggregated-kl", "energy-distance",
      "classification-error", "clustering-error", "mmd", "sliced-wasserstein", "kernel-stein-discrepancy",
      "kolmogorov-smirnov", "mnist-feature-distance",
    ]
    return Dictionary(uniqueKeysWithValues: more.map { ($0, .maximise) } + less.map { ($0, .minimise) })
  }()
}
