import Torch

/// One point of a sweep, with what came of it.
public struct SweepTrial: Sendable, Hashable, Codable {
  /// From 1, in the plan's order.
  public let number: Int
  /// What it sets.
  public let settings: [SweepSetting]
  /// A run for each training seed.
  public package(set) var runs: [Run]

  /// A run of a trial.
  public struct Run: Sendable, Hashable, Codable {
    /// Its folder's name in the sweep's.
    public let directory: String
    /// The place of its training seed, from 0.
    let seed: Int
    /// What the objective was, after how many steps; the last is the longest training.
    public package(set) var results: [Result]
    /// Why it could not be trained or judged; nil where nothing was wrong.
    public package(set) var problem: String?

    /// Whether nothing is left to be done up to a number of steps.
    func isDone(at steps: Int) -> Bool { problem != nil || results.contains { $0.steps == steps } }
  }

  /// The objective after some steps.
  public struct Result: Sendable, Hashable, Codable {
    /// The steps that were done.
    public let steps: Int
    /// The metric, with its standard error over examples.
    public let estimate: Estimate

    package init(steps: Int, estimate: Estimate) {
      self.steps = steps
      self.estimate = estimate
    }
  }

  init(number: Int, settings: [SweepSetting], seeds: Int) {
    self.number = number
    self.settings = settings
    let name = "trial-" + String(repeating: "0", count: max(0, 3 - String(number).count)) + "\(number)"
    runs = (0..<seeds).map { seed in
      Run(directory: seeds == 1 ? name : "\(name)-seed-\(seed + 1)", seed: seed, results: [], problem: nil)
    }
  }

  /// The objective after some steps: the mean over the training seeds, with its standard error over them; of one seed
  /// its own, over examples. Nil where a run has none.
  public func objective(at steps: Int) -> Estimate? {
    let found = runs.compactMap { $0.results.first { $0.steps == steps }?.estimate }
    guard found.count == runs.count, let first = found.first else { return nil }
    return found.count == 1 ? first : Estimate(meanOf: found.map(\.value), unit: first.unit)
  }

  /// The most steps that all its runs have behind them; 0 for none.
  public var steps: Int { runs.map { $0.results.last?.steps ?? 0 }.min() ?? 0 }

  /// Why it dropped out; nil where it did not.
  public var problem: String? { runs.lazy.compactMap(\.problem).first }
}
