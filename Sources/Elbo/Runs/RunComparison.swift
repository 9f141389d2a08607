import ElboData
import Foundation
import Torch

/// Runs judged by the same examples, those of the first, with the same seed, and how far each is from the first.
public struct RunComparison: Sendable, Codable {
  /// A run that is compared.
  public struct Entry: Sendable, Codable, Hashable {
    /// What tables call it.
    public let name: String
    /// Its folder, as it was given.
    public let directory: String
    /// The preset or file that it was trained from.
    public let preset: String
    /// The steps behind its weights.
    public let step: Int
    /// The seed of its training.
    public let seed: UInt64
    /// The number of its parameters.
    public let parameters: Int
  }

  /// One figure of every run.
  public struct Row: Sendable, Codable, Hashable {
    /// Its name.
    public let metric: String
    /// Its unit.
    public let unit: String
    /// Each run's; nil for a run that does not have it.
    public let estimates: [Estimate?]
    /// Each run's less the first's; nil for the first, where either does not have it, and for p-values.
    public let differences: [RunDifference?]
  }

  /// The runs in the order given.
  public let runs: [Entry]
  /// The split they are judged by.
  public let split: String
  /// The number of its examples.
  public let examples: Int
  /// The seed of the evaluation's noise, the same for all.
  public let seed: UInt64
  /// The figures by name, in alphabetic order.
  public let rows: [Row]
  /// What to know before believing them.
  public let warnings: [String]

  /// Judges runs.
  ///
  /// - Parameters:
  ///   - runs: two or more, judged by data of the same split.
  ///   - metrics: by default those of any run that take no longer than a pass over the split.
  ///   - options: those of the evaluation.
  ///   - watch: told how far it is.
  /// - Throws: `ConfigurationError` where the runs' examples differ, or for a metric that none of them has.
  public init(
    _ runs: [TrainedRun], directories: [String], metrics: [String] = [], split: Split = .test,
    seed: UInt64 = 0,
    options: EvaluationOptions = EvaluationOptions(), watch: @escaping (EvaluationProgress) -> Void = { _ in }
  ) throws {
    precondition(runs.count > 1 && runs.count == directories.count, "two runs or more, each with its folder")
    let names = Self.names(directories)
    func dataset(_ run: TrainedRun) throws -> Dataset {
      split == .test ? run.test : try Dataset.load(run.configuration, split)
    }
    let first = try dataset(runs[0])
    let evaluators = try zip(runs, names).map { run, name in
      // Sets that are drawn are other ones for another training seed: all runs are judged by the first one's.
      let isAlike = run.configuration.data == runs[0].configuration.data
      return Evaluator(
        model: run.model, dataset: isAlike ? first : try dataset(run), configuration: run.configuration,
        seed: seed, options: options,
        watch: { watch(EvaluationProgress(task: "\(name): \($0.task)", done: $0.done, total: $0.total)) })
    }
    for (index, evaluator) in evaluators.enumerated().dropFirst() {
      try Self.check(evaluators[0], evaluator, names[0], names[index], runs[0], runs[index])
    }
    let wanted = metrics.isEmpty ? Set(evaluators.flatMap(\.quickMetrics)) : Set(metrics)
    let judgements = try evaluators.map { evaluator in
      // A metric that no run has is the first one's error.
      try evaluator.judge(
        wanted.filter { name in
          evaluator.has(name) || !evaluators.contains { $0.has(name) }
        }.sorted())
    }
    self.runs = zip(zip(runs, names), directories).map { run, directory in
      Entry(
        name: run.1, directory: directory, preset: run.0.configuration.name, step: run.0.step,
        seed: run.0.configuration.seed, parameters: run.0.model.parameterCounts.values.reduce(0, +))
    }
    self.split = split.rawValue
    self.seed = seed
    examples = evaluators[0].dataset.count
    rows = Set(judgements.flatMap(\.estimates.keys)).sorted().map { Self.row($0, judgements, seed: seed) }
    warnings = Self.warnings(runs, names, judgements)
  }

  private static func row(_ metric: String, _ judgements: [Judgement], seed: UInt64) -> Row {
    let estimates = judgements.map { $0.estimates[metric] }
    let columns = judgements.map { $0.examples[metric] }
    let differences = judgements.indices.map { index -> RunDifference? in
      guard index > 0, let a = estimates[0], let b = estimates[index] else { return nil }
      // How much two p-values differ says nothing.
      if a.unit == "probability" { return nil }
      guard let first = columns[0], let other = columns[index], first.count == other.count else {
        return RunDifference(from: a, to: b)
      }
      return RunDifference(from: first, to: other, seed: seed)
    }
    return Row(
      metric: metric, unit: estimates.compactMap { $0?.unit }.first ?? "", estimates: estimates,
      differences: differences)
  }

  /// The last parts of paths, or the paths where those are not all different.
  private static func names(_ directories: [String]) -> [String] {
    let names = directories.map { URL(filePath: $0).lastPathComponent }
    if Set(names).count == names.count { return names }
    if Set(directories).count == directories.count { return directories }
    return directories.enumerated().map { "\($1) (\($0 + 1))" }
  }

  /// Refuses examples that are not the same, and says which settings make them so.
  private static func check(
    _ first: Evaluator, _ other: Evaluator, _ firstName: String, _ name: String, _ firstRun: TrainedRun,
    _ run: TrainedRun
  ) throws {
    if firstRun.configuration.data == run.configuration.data { return }
    if try first.dataset.holdsTheSame(as: other.dataset) { return }
    let (a, b) = (firstRun.configuration.settings, run.configuration.settings)
    let reasons = a.keys.filter { $0.hasPrefix("data.") && a[$0] != b[$0] }.sorted()
      .map { "\($0) is \(b[$0] ?? "not there"), not \(a[$0]!)" }
    throw ConfigurationError(
      "its examples are not those of '\(firstName)'"
        + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: ", ")),
      at: name, remedy: "compare runs that were trained on the same data")
  }

  private static func warnings(
    _ runs: [TrainedRun], _ names: [String], _ judgements: [Judgement]
  ) -> [String] {
    var warnings: [String] = []
    let kinds = runs.map(\.configuration.likelihood.kind)
    if Set(kinds).count > 1 {
      warnings.append(
        "the likelihoods differ (\(kinds.joined(separator: ", "))): log likelihoods and bounds of densities, "
          + "of probabilities and of different families are not on one scale")
    }
    for (name, judgement) in zip(names, judgements) {
      for (metric, estimate) in judgement.estimates.sorted(by: { $0.key < $1.key }) {
        if let warning = estimate.warning { warnings.append("\(name): \(metric): \(warning)") }
      }
    }
    return warnings
  }
}

extension Dataset {
  /// Whether the examples are those of another set, in the same order.
  fileprivate func holdsTheSame(as other: Dataset) throws -> Bool {
    guard count == other.count, featureCount == other.featureCount else { return false }
    for start in stride(from: 0, to: count, by: 500) {
      let range = start..<min(count, start + 500)
      let (x, y) = (try batch(range).x, try other.batch(range).x)
      guard (x.moved(to: .cpu) - y.moved(to: .cpu)).abs().max().item() == 0 else { return false }
    }
    return true
  }
}

extension Evaluator {
  /// Whether a metric can be had of this model.
  fileprivate func has(_ name: String) -> Bool {
    Self.metrics[name]?.obstacle(self) == nil && Self.metrics[name] != nil
  }
}
