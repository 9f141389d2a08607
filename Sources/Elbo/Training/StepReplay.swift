import Torch

/// A trainer's step, recorded once and replayed on other batches.
protocol StepReplay: AnyObject {
  /// The batches as the recording knows them.
  var slots: [Batch] { get }
  /// One line for each part of the step.
  var listing: [String] { get }

  /// Runs the step on these batches, as the step of this number.
  ///
  /// - Parameter timing: takes the seconds of each part of the step, added to what is there; nil where they
  ///   are not wanted.
  /// - Returns: what was read, under the names of the metrics.
  func run(
    _ batches: [Batch], step number: Int, timing: inout [Double]?
  ) -> [(name: MetricName, value: Double)]
}

/// Why a step cannot be captured.
struct CaptureProblem: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

extension Recording {
  /// Refuses a recording whose numbers the host has read: what it made of them would be the same in every replay.
  func checkReads() throws(CaptureProblem) {
    if let call = calls.first(where: { $0.name.hasPrefix("aten::_local_scalar_dense") }) {
      throw CaptureProblem(reason: "a number is read back within the step (\(call.name))")
    }
  }
}

extension Batch {
  /// A batch of the same shapes in memory that is nobody else's.
  var ownMemory: Batch {
    Batch(
      x.cloned(), labels: labels?.cloned(), input: input.isIdentical(to: x) ? nil : input.cloned())
  }

  /// The shapes of its tensors.
  var shapes: [Shape] {
    [x.shape] + (labels.map { [$0.shape] } ?? []) + (input.isIdentical(to: x) ? [] : [input.shape])
  }

  /// Takes the elements of a batch of the same shapes.
  func fill(from batch: Batch) {
    if x.isIdentical(to: batch.x) { return }
    x.copy(from: batch.x)
    if let labels, let others = batch.labels { labels.copy(from: others) }
    if !input.isIdentical(to: x) { input.copy(from: batch.input) }
  }
}
