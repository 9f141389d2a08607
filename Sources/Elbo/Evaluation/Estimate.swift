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

  /// The mean of values that are independent draws.
  public init(meanOf values: [Double], unit: String) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.init(
      value: mean,
      standardError: values.count > 1
        ? (squares / Double(values.count - 1) / Double(values.count)).squareRoot() : .nan,
      count: values.count, unit: unit)
  }

  /// A number with a known uncertainty.
  public init(value: Double, standardError: Double, count: Int, unit: String) {
    self.value = value
    self.standardError = standardError
    self.count = count
    self.unit = unit
  }
}
