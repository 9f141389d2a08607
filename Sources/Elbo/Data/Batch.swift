import Torch

/// Examples that are worked on together.
public struct Batch {
  /// The examples: [n, features].
  public let x: Tensor
  /// The class of each example, int64 [n], where they are known; -1 marks an example without one.
  public let labels: Tensor?
  /// What the encoder sees of the examples: [n, features]; x itself but for a training with noise on it.
  public let input: Tensor

  /// Examples, with their labels where those are known.
  public init(_ x: Tensor, labels: Tensor? = nil, input: Tensor? = nil) {
    self.x = x
    self.labels = labels
    self.input = input ?? x
  }

  /// The number of examples.
  public var count: Int { x.size(0) }
}
