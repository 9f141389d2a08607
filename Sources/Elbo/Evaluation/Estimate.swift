import Foundation

/// A number with its uncertainty.
public struct Estimate: Sendable, Codable, Hashable {
  /// The number.
  public let value: Double
  /// The standard deviation of `value` over repetitions with other examples and noise.
  public let standardError: Double
  /// The number of independent terms averaged.
  public let count: Int
  /// The unit of value and standard error.
  public let unit: String
  /// Why the number is not to be trusted, where something shows that; nil elsewhere.
  public let warning: String?

  /// The mean of values that are independent draws.
  public init(meanOf values: [Double], unit: String, warning: String? = nil) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.init(
      value: mean,
      standardError: values.count > 1
        ? (squares / Double(values.count - 1) / Double(values.count)).squareRoot() : .nan,
      count: values.count, unit: unit, warning: warning)
  }

  /// A number with a known uncertainty.
  public init(value: Double, standardError: Double, count: Int, unit: String, warning: String? = nil) {
    self.value = value
    self.standardError = standardError
    self.count = count
    self.unit = unit
    self.warning = warning
  }

  /// The same with a warning.
  func warned(_ warning: String?) -> Estimate {
    Estimate(value: value, standardError: standardError, count: count, unit: unit, warning: warning)
  }
}
