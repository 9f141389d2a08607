import Foundation

/// Something that is wrong with a run, as the numbers that it logs show.
public struct Finding: Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public let kind: Kind
  /// The number of steps done when it was found.
  public let step: Int
  /// The metric that shows it, or the name of a weight.
  public let metric: String
  /// What was read.
  public let value: Double
  /// What the value should have been above or below; nil for a number that should have been one.
  public let threshold: Double?
  /// What is wrong, in words, with the numbers.
  public let problem: String
  /// What to do about it.
  public let remedy: String
  /// The step from which the run went on, where it went back.
  public internal(set) var wentBackTo: Int? = nil

  /// A way in which training goes wrong.
  public enum Kind: String, Sendable, CaseIterable {
    /// A number that became infinite or none.
    case notFinite = "not-finite"
    /// A discriminator that tells every sample apart and learns no more.
    case saturatedDiscriminator = "saturated-discriminator"
    /// Codes that say nothing about the examples.
    case collapsedPosterior = "collapsed-posterior"
  }

  /// One line.
  public var description: String { "step \(step): \(problem); \(remedy)" }

  /// The line of the log: its numbers, and its texts.
  var logged: (values: [String: Double], texts: [String: String]) {
    var values = ["value": value]
    values["threshold"] = threshold
    if wentBackTo != nil { values["foundAt"] = Double(step) }
    return (values, ["finding": kind.rawValue, "metric": metric, "text": description])
  }
}
