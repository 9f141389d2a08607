import ElboData
import Foundation
import Torch

/// Which configurations a sweep trains, for how long, and what it ranks them by.
public struct SweepPlan: Sendable, Hashable, Codable {
  /// A preset's name, or a YAML file.
  public let source: String
  /// The file's SHA-256; nil for a preset.
  let digest: String?
  /// Assignments "key=value" that all trials share.
  public let settings: [String]
  /// Keys of which each value is tried with each of the others.
  public let grid: [GridAxis]
  /// Keys whose values are drawn.
  public let random: [RandomAxis]
  /// How often those are drawn; 1 where there are none.
  public let draws: Int
  /// The seed of the draws.
  public let seed: UInt64
  /// The training seeds of each trial: the configuration's and those that follow it.
  public let seeds: Int
  /// How trials are given up early; nil where all train to the end.
  public let halving: SuccessiveHalving?
  /// What trials are ranked by.
  public let objective: SweepObjective

  /// A plan; every configuration in it is sound.
  ///
  /// - Throws: `ConfigurationError` for an unknown key or value, or for axes that contradict one another.
  public init(
    _ source: String, settings: [String] = [], grid: [GridAxis] = [], random: [RandomAxis] = [],
    draws: Int = 1,
    seed: UInt64 = 0, seeds: Int = 1, halving: SuccessiveHalving? = nil, objective: SweepObjective
  ) throws {
    precondition(draws > 0 && seeds > 0, "one draw and one seed at least")
    self.source = source
    digest = try Self.digest(source)
    self.settings = settings
    (self.grid, self.random, self.draws, self.seed) = (grid, random, random.isEmpty ? 1 : draws, seed)
    (self.seeds, self.halving, self.objective) = (seeds, halving, objective)
    try check()
  }

  /// The keys that are swept, in the order given.
  public var keys: [String] { grid.map(\.key) + random.map(\.key) }

  /// What each trial sets: all combinations of the grid, the last key changing fastest, each with all draws. A draw is
  /// a function of the seed, its number and its key's place, so more draws leave the first ones as they were.
  public var points: [[SweepSetting]] {
    let combinations = grid.reduce([[]]) { points, axis in
      points.flatMap { point in axis.values.map { point + [SweepSetting(key: axis.key, value: $0)] } }
    }
    let drawn = (0..<draws).map { number in
      random.enumerated().map { place, axis in
        var generator = SplitMix64(seed: seed, stream: UInt64(place), UInt64(number))
        return SweepSetting(key: axis.key, value: axis.distribution.draw(using: &generator))
      }
    }
    return combinations.flatMap { point in drawn.map { point + $0 } }
  }

  /// The configuration of a point with one of the training seeds, `index` from 0.
  public func configuration(_ point: [SweepSetting], seed index: Int = 0) throws -> RunConfiguration {
    var configuration = try ConfigurationLoader.load(source, settings: settings + point.map(\.text))
    configuration.seed &+= UInt64(index)
    return configuration
  }

  /// The split by which the trials are ranked.
  func split(_ configuration: RunConfiguration) -> Split {
    configuration.data.validation > 0 ? .validation : .test
  }

  /// Whether the ranking uses the examples that are to judge the winner, which then looks better than it is.
  public var choosesByTestSplit: Bool {
    (try? points.contains { try configuration($0).data.validation == 0 }) ?? false
  }

  /// Whether the ranking uses a bound that is none: with a discriminator's estimate in it, more may just be a worse
  /// discriminator.
  public var choosesByNoBound: Bool {
    guard ["elbo", "bits-per-dimension"].contains(objective.metric) else { return false }
    let kinds = Set((try? points.map { try configuration($0).divergence.kind }) ?? [])
    return !kinds.isDisjoint(with: ["density-ratio", "adaptive-contrast"])
  }

  /// The rounds of the contest; nil where there is none.
  func rungs() throws -> [SuccessiveHalving.Rung]? {
    let points = points
    guard let halving, let first = points.first else { return nil }
    return try halving.rungs(trials: points.count, steps: configuration(first).training.steps)
  }

  private func check() throws {
    let keys = keys
    guard !keys.isEmpty else {
      throw ConfigurationError("no key is swept", at: "", remedy: "give --grid or --random")
    }
    for (index, key) in keys.enumerated() where keys[..<index].contains(key) {
      throw ConfigurationError("is swept twice", at: key, remedy: "name it in one --grid or --random")
    }
    if seeds > 1, keys.contains("seed") {
      throw ConfigurationError(
        "is swept, and --seeds changes it too", at: "seed", remedy: "leave one of them out")
    }
    if halving != nil, keys.contains("training.steps") {
      throw ConfigurationError(
        "is swept, and halving decides it", at: "training.steps", remedy: "leave one of them out")
    }
    guard grid.reduce(draws, { $0.multipliedReportingOverflow(by: $1.values.count).partialValue }) <= 10_000
    else {
      throw ConfigurationError("more than 10,000 trials", at: "", remedy: "try fewer values")
    }
    for point in points {
      // Kinds are looked up when a model is built, which is late for a slip of the keyboard.
      for setting in point {
        let known = RunConfiguration.knownValues(of: setting.key)
        guard known.isEmpty || known.contains(setting.value) else {
          throw ConfigurationError.unknown("value", setting.value, known: known, at: setting.key)
        }
      }
      _ = try configuration(point)
    }
    _ = try rungs()
  }

  /// Refuses to go on with a file that says something else than when the sweep began.
  func checkSource() throws {
    guard try Self.digest(source) == digest else {
      throw ConfigurationError(
        "the file is not the one that the sweep began with", at: source,
        remedy: "put it back as it was, or begin another sweep with --out")
    }
  }

  private static func digest(_ source: String) throws -> String? {
    guard source.hasSuffix(".yaml") || source.hasSuffix(".yml") else { return nil }
    guard let data = FileManager.default.contents(atPath: source) else {
      throw ConfigurationError("cannot be read as text", at: source, remedy: "check the path")
    }
    return CheckpointFolder.digest(data)
  }
}
