/// The parts of a data set: one to learn from, one to choose by, one to judge by.
public enum Split: String, Sendable, CaseIterable, Codable {
  /// The examples to learn from.
  case train
  /// Examples held out of those to learn from, for choices made while training.
  case validation
  /// The examples held out.
  case test

  /// The prefix of the part's IDX files, as MNIST's authors named them.
  var filePrefix: String {
    switch self {
    case .train, .validation: "train"
    case .test: "t10k"
    }
  }
}
