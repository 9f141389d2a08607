import Foundation
import Torch

/// A sweep's trials, the best first: those that trained for longer before those that were given up earlier.
public struct SweepSummary: Sendable, Codable {
  /// A trial in the ranking.
  public struct Row: Sendable, Codable, Hashable {
    /// From 1.
    public let rank: Int
    /// The trial's number in the plan.
    public let trial: Int
    /// What it set, by key.
    public let settings: [String: String]
    /// The steps behind its objective.
    public let steps: Int
    /// What it is ranked by; nil where it has not come so far.
    public let objective: Estimate?
    /// Its runs' folders.
    public let runs: [String]
    /// Why it dropped out; nil where it did not.
    public let problem: String?
  }

  /// What the trials are ranked by.
  public let objective: SweepObjective
  /// The keys that were swept, in the order given.
  public let keys: [String]
  /// Whether all that was planned is done.
  public let isFinished: Bool
  /// The trials.
  public let rows: [Row]

  /// Ranks a sweep's trials.
  ///
  /// - Parameter folder: stands before the names of the runs' folders.
  package init(_ record: SweepRecord, in folder: String) {
    objective = record.plan.objective
    keys = record.plan.keys
    isFinished = record.isFinished
    rows = record.ranked.enumerated().map { rank, trial in
      Row(
        rank: rank + 1, trial: trial.number,
        settings: Dictionary(trial.settings.map { ($0.key, $0.value) }) { $1 }, steps: trial.steps,
        objective: trial.problem == nil ? trial.objective(at: trial.steps) : nil,
        runs: trial.runs.map { folder + "/" + $0.directory }, problem: trial.problem)
    }
  }

  /// A line for each trial and one that names the columns, as RFC 4180 has it.
  public var csv: String {
    let header = ["rank", "trial"] + keys + ["steps", objective.metric, "standardError", "run", "problem"]
    let lines = rows.map { row in
      ["\(row.rank)", "\(row.trial)"] + keys.map { row.settings[$0] ?? "" }
        + [
          "\(row.steps)", row.objective.map { "\($0.value)" } ?? "",
          row.objective.map { "\($0.standardError)" } ?? "", row.runs.joined(separator: " "),
          row.problem ?? "",
        ]
    }
    return ([header] + lines).map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = !text.contains { $0 == "," || $0 == "\"" || $0.isNewline }
    return isPlain
      ? text
      : "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
