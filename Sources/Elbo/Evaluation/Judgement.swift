/// What was found about a model.
public struct Judgement {
  /// The estimates by name.
  public var estimates: [String: Estimate]
  /// The numbers of each example that estimates are means of, by the estimate's name; in the order of the examples.
  public var examples: [String: [Double]]

  init(estimates: [String: Estimate] = [:], examples: [String: [Double]] = [:]) {
    self.estimates = estimates
    self.examples = examples
  }

  /// The mean of a number for each example.
  init(_ name: String, examples values: [Double], unit: String, warning: String? = nil) {
    self.init(
      estimates: [name: Estimate(meanOf: values, unit: unit, warning: warning)], examples: [name: values])
  }

  mutating func add(_ other: Judgement) {
    estimates.merge(other.estimates) { $1 }
    examples.merge(other.examples) { $1 }
  }
}

/// What several metrics of one evaluation are computed from, kept once it is known.
final class SharedResults {
  var bound: BoundColumns?
  var annealed: AnnealedEstimates?
}
