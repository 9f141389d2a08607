/// What a request asks of a model, as plain values that fit the model.
struct ModelRequest: Sendable {
  enum Operation: String, Sendable, CaseIterable {
    case encode, decode, sample, reconstruct, score

    /// What it takes rows of.
    var input: Input? {
      switch self {
      case .encode, .reconstruct, .score: .x
      case .decode: .z
      case .sample: nil
      }
    }
    /// Whether it gives examples, which can be drawn.
    var givesExamples: Bool { self == .decode || self == .sample || self == .reconstruct }
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

  enum Input: String, Sendable { case x, z }

  /// Which code of an example.
  enum Code: String, Sendable, CaseIterable {
    case sample, mean
    case zeroNoise = "zero-noise"
  }

  /// Whether an example is the mean of p(x|z) or a draw from it.
  enum Draw: String, Sendable, CaseIterable { case mean, sample }

  let operation: Operation
  /// Rows of x or z, one after the other; none to sample.
  var values: [Float] = []
  /// The number of rows.
  var count = 0
  var labels: [Int]?
  var code = Code.sample
  var draw = Draw.mean
  var seed: UInt64 = 0
  /// The fraction of ordinary examples that may be called anomalous.
  var falseAlarmRate = 0.01

  init(_ operation: Operation) {
    self.operation = operation
    if operation == .sample { count = 16 }
  }

  /// Requests of one kind pass the model together.
  struct Kind: Hashable, Sendable {
    let operation: Operation
    let code: Code
    let draw: Draw
  }

  var kind: Kind { Kind(operation: operation, code: code, draw: draw) }
}

/// Rows of numbers.
struct Rows: Sendable {
  let values: [Float]
  let width: Int

  var count: Int { width > 0 ? values.count / width : 0 }
  var json: JSON { .matrix(values, width: width) }

  func narrowed(from start: Int, length: Int) -> Rows {
    Rows(values: Array(values[start * width..<(start + length) * width]), width: width)
  }
}

/// What a model answers.
struct ModelAnswer: Sendable {
  /// The step of the weights that answered.
  var step: Int
  var z: Rows?
  var x: Rows?
  var scores: Scores?

  /// Log likelihoods of examples, and how they compare with those of examples that are known to be ordinary.
  struct Scores: Sendable {
    let values: [Double]
    let measure: ScoreMeasure
    /// (1 + the calibration scores at most this one) / (1 + their number).
    let pValues: [Double]
    /// Scores below it are called anomalous; nil where there are too few calibration scores for the rate.
    let threshold: Double?
    let falseAlarmRate: Double
    let split: String
    let calibrationCount: Int
  }
}

/// What a score is an estimate of.
struct ScoreMeasure: Sendable {
  let name: String
  /// Whether it is a lower bound on log p(x) in expectation.
  let isBound: Bool
}
