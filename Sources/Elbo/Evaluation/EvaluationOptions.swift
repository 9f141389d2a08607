import Foundation
import Torch

/// How much an evaluation does.
public struct EvaluationOptions: Sendable {
  /// The most examples that are judged, always the same ones of a split; nil means all, and a hundred for the metrics
  /// that take minutes.
  public var limit: Int?
  /// The rows that pass a network at once where a metric has many for each example: it bounds the memory, and changes
  /// no number beyond rounding.
  public var batchSize = 1000
  /// K of the importance-weighted bound.
  public var importanceSamples = 100
  /// The course of annealed importance sampling.
  public var annealing = AnnealingOptions()
  /// Where a long computation keeps its state, to go on from when it was interrupted; nil for nowhere.
  public var stateFolder: URL?
  /// Whether a long computation is to save its state and stop.
  public var stops: @Sendable () -> Bool = { Interruption.isRequested }

  /// The defaults.
  public init() {}
}

/// How far a metric is.
public struct EvaluationProgress: Sendable, Hashable {
  /// What is computed.
  public let task: String
  /// The parts that are done.
  public let done: Int
  /// All parts.
  public let total: Int
  /// Whether the evaluation itself sees to it that the process is asked to stop, and keeps what is done.
  public var canStop = false
}

/// An evaluation that the process was asked to stop.
public struct EvaluationInterrupted: DiagnosedError {
  /// Where the state is kept to go on from; nil where nothing is kept.
  public let state: URL?
  /// What happened.
  public var problem: String { "interrupted" }
  /// Where the state is.
  public var location: String { state?.path ?? "" }
  /// How to go on.
  public var remedy: String { state == nil ? "" : "the same command goes on where this one stopped" }
}

extension Dataset {
  /// So many examples, drawn from all alike and always the same, in the set's order; or all.
  package func standing(_ limit: Int) -> Dataset {
    guard limit < count else { return self }
    let generator = Generator(seed: 0x65_7661, device: device)
    let order = Tensor.randomPermutation(count, using: generator).values(as: Int64.self)
    return examples(at: order.prefix(limit).map(Int.init).sorted())
  }
}
