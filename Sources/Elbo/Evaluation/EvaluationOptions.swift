/// How far a metric is.
public struct EvaluationProgress: Sendable, Hashable {
  /// What is computed.
  public let task: String
  /// The parts that are done.
  public let done: Int
  /// All parts.
  public let total: Int
}
