/// What a request asks of a model, as plain values that fit the model.
package struct ModelRequest: Sendable {
  package enum Operation: String, Sendable, CaseIterable {
    case encode, decode, sample, reconstruct, score

    /// What it takes rows of.
    package var input: Input? {
      switch self {
      case .encode, .reconstruct, .score: .x
      case .decode: .z
      case .sample: nil
      }
    }
    /// Whether it gives examples, which can be drawn.
    package var givesExamples: Bool { self == .decode || self == .sample || self == .reconstruct }
    /// The options that it takes beside its rows, labels and seed.
    var options: [String] {
      switch self {
      case .encode: ["code"]
      case .decode: ["draw"]
      case .sample: ["n", "draw"]
      case .reconstruct: ["code", "draw"]
      case .score: ["falseAlarmRate"]
      }
    }
  }

  package enum Input: String, Sendable { case x, z }

  /// Which code of an example.
  package enum Code: String, Sendable, CaseIterable {
    case sample, mean
    case zeroNoise = "zero-noise"
  }

  /// Whether an example is the mean of p(x|z) or a draw from it.
  package enum Draw: String, Sendable, CaseIterable { case mean, sample }

  package let operation: Operation
  /// Rows of x or z, one after the other; none to sample.
  package var values: [Float] = []
  /// The number of rows.
  package var count = 0
  package var labels: [Int]?
  package var code = Code.sample
  package var draw = Draw.mean
  package var seed: UInt64 = 0
  /// The fraction of ordinary examples that may be called anomalous.
  package var falseAlarmRate = 0.01

  /// Fractions of ordinary examples that may be called anomalous.
  static let rates = 1e-6...0.5

  /// The largest integer that every program reads as one from JSON: 2^53 - 1.
  static let largestSeed = 9_007_199_254_740_991

  package init(_ operation: Operation) {
    self.operation = operation
    if operation == .sample { count = 16 }
  }

  /// Requests of one kind pass the model together.
  package struct Kind: Hashable, Sendable {
    let operation: Operation
    let code: Code
    let draw: Draw
  }

  package var kind: Kind { Kind(operation: operation, code: code, draw: draw) }
}

/// Rows of numbers.
package struct Rows: Sendable {
  package let values: [Float]
  package let width: Int

  package var count: Int { width > 0 ? values.count / width : 0 }
  var json: JSON { .matrix(values, width: width) }

  func narrowed(from start: Int, length: Int) -> Rows {
    Rows(values: Array(values[start * width..<(start + length) * width]), width: width)
  }
}

/// What a model answers.
package struct ModelAnswer: Sendable {
  /// The step of the weights that answered.
  package var step: Int
  package var z: Rows?
  package var x: Rows?
  package var scores: Scores?

  /// Log likelihoods of examples, and how they compare with those of examples that are known to be ordinary.
  package struct Scores: Sendable {
    package let values: [Double]
    package let measure: ScoreMeasure
    /// (1 + the calibration scores at most this one) / (1 + their number).
    package let pValues: [Double]
    /// Scores below it are called anomalous; nil where there are too few calibration scores for the rate.
    package let threshold: Double?
    package let falseAlarmRate: Double
    package let split: String
    package let calibrationCount: Int
  }
}

/// What a score is an estimate of.
package struct ScoreMeasure: Sendable {
  package let name: String
  /// Whether it is a lower bound on log p(x) in expectation.
  package let isBound: Bool
}
