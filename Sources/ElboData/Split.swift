/// The two parts of a data set: one to learn from, one to judge by.
public enum Split: String, Sendable, CaseIterable, Codable {
  /// The examples to learn from.
  case train
  /// The examples held out.
  case test

  /// The prefix of the part's IDX files, as MNIST's authors named them.
  var filePrefix: String {
    switch self {
    case .train: "train"
    case .test: "t10k"
    }
  }
}
