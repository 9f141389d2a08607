import ElboData
import Foundation
import Torch

/// Where the values of a randomly searched key come from.
public enum SweepDistribution: Sendable, Hashable {
  /// Each of a few values, as YAML, alike: "relu,elu".
  case choice([String])
  /// Numbers, each alike: "uniform:0:1".
  case uniform(ClosedRange<Double>)
  /// Numbers above 0 whose logarithms are each alike: "log:1e-4:1e-2".
  case logUniform(ClosedRange<Double>)
  /// Whole numbers, both ends among them, each alike: "integer:2:32".
  case integer(ClosedRange<Int>)

  /// Reads what stands after "key=".
  package init(_ text: String, at place: String) throws(ConfigurationError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let kinds = ["log", "uniform", "integer"]
    guard parts.count > 1 else {
      let values = SweepText.list(text)
      guard !values.contains("") else { throw ConfigurationError("a value is empty", at: place) }
      self = .choice(values)
      return
    }
    guard kinds.contains(parts[0]) else { throw .unknown("distribution", parts[0], known: kinds, at: place) }
    func wrong(_ what: String) -> ConfigurationError {
      ConfigurationError(what, at: place, remedy: "write \(parts[0]):LOW:HIGH")
    }
    guard parts.count == 3 else { throw wrong("a distribution has two ends") }
    if parts[0] == "integer" {
      guard let low = Int(parts[1]), let high = Int(parts[2]), low < high,
        !high.subtractingReportingOverflow(low).overflow
      else {
        throw wrong("'\(parts[1])' and '\(parts[2])' are not two whole numbers, the lower one first")
      }
      self = .integer(low...high)
      return
    }
    guard let low = Double(parts[1]), let high = Double(parts[2]), low < high, low.isFinite, high.isFinite,
      (high - low).isFinite
    else { throw wrong("'\(parts[1])' and '\(parts[2])' are not two numbers, the lower one first") }
    if parts[0] == "uniform" {
      self = .uniform(low...high)
    } else {
      guard low > 0 else { throw wrong("\(low) has no logarithm") }
      self = .logUniform(low...high)
    }
  }

  /// What it was read from.
  public var text: String {
    switch self {
    case .choice(let values): values.joined(separator: ",")
    case .uniform(let range): "uniform:\(range.lowerBound):\(range.upperBound)"
    case .logUniform(let range): "log:\(range.lowerBound):\(range.upperBound)"
    case .integer(let range): "integer:\(range.lowerBound):\(range.upperBound)"
    }
  }

  /// A value, as YAML. Numbers have four digits, which is what people copy.
  package func draw(using generator: inout SplitMix64) -> String {
    switch self {
    case .choice(let values): values[Int(generator.bounded(UInt64(values.count)))]
    case .uniform(let range):
      Self.short(range.lowerBound + generator.unit() * (range.upperBound - range.lowerBound))
    case .logUniform(let range):
      Self.short(range.lowerBound * pow(range.upperBound / range.lowerBound, generator.unit()))
    case .integer(let range):
      String(range.lowerBound + Int(generator.bounded(UInt64(range.upperBound - range.lowerBound) + 1)))
    }
  }

  private static func short(_ value: Double) -> String { "\(Double(String(format: "%.4g", value)) ?? value)" }
}
