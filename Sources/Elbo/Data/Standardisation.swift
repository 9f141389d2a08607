import ElboData

/// x -> (x - mean) / deviation for each column, both of the examples to learn from.
struct Standardisation {
  private let means: [Double]
  private let deviations: [Double]

  /// The mean and standard deviation of each column over some examples; a column that does not vary is only
  /// centred.
  init(of table: CSV, examples: [Int]) {
    let (width, count) = (table.width, Double(examples.count))
    func average(_ value: (Int, Double) -> Double) -> [Double] {
      (0..<width).map { column in
        examples.reduce(0) { $0 + value(column, Double(table.values[$1 * width + column])) } / count
      }
    }
    let means = average { $1 }
    self.means = means
    deviations = average { column, x in (x - means[column]) * (x - means[column]) }
      .map { $0 > 0 ? $0.squareRoot() : 1 }
  }

  /// The standardised numbers of rows.
  func apply(to values: [Float]) -> [Float] {
    values.enumerated().map { place, x in
      let column = place % means.count
      return Float((Double(x) - means[column]) / deviations[column])
    }
  }
}
