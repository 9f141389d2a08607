import Capture
import Torch

/// A pass over a batch that is recorded once and replayed for other batches of the same shapes.
final class CapturedPass {
  private let step: CapturedStep
  private let batch: Batch
  private let inputs: [Tensor]
  /// What the pass gives, in memory of the step's own.
  private let results: [Tensor]
  /// The memory that it works in.
  var byteCount: Int { step.byteCount }

  /// Records a pass over a batch like this one. Parameters stay as they are from here on.
  ///
  /// - Parameters:
  ///   - inputs: what else a pass is over, in tensors of these shapes.
  ///   - generator: the one that the pass draws from, which is afterwards where it was.
  ///   - body: the pass: float32 tensors that depend on the batch, the inputs, or draws.
  init(
    _ batch: Batch, _ inputs: [Tensor] = [], using generator: Generator? = nil, threads: Int,
    _ body: (Batch, [Tensor]) -> [Tensor]
  ) throws(CaptureProblem) {
    let (batch, inputs) = (batch.ownMemory, inputs.map { $0.cloned() })
    func record() -> ([Tensor], Recording) { Recording.record { body(batch, inputs) } }
    let (wanted, recording) = generator?.rewinding(record) ?? record()
    try recording.checkReads()
    guard wanted.allSatisfy({ recording.value(of: $0) != nil && $0.elementType == .float32 }) else {
      throw CaptureProblem(reason: "a result that is no function of the rows")
    }
    (self.batch, self.inputs) = (batch, inputs)
    let step = CapturedStep(recording, actions: [], reading: wanted, threads: threads, hasFixedWeights: true)
    try step.checkConvolutions()
    self.step = step
    results = wanted.enumerated().map {
      Tensor(over: UnsafeMutablePointer(mutating: step.elements($0)), shape: $1.shape)
    }
  }

  /// What the pass gives for a batch and inputs of the recorded shapes.
  func run(_ batch: Batch, _ inputs: [Tensor] = []) -> [Tensor] {
    self.batch.fill(from: batch)
    return run(inputs)
  }

  /// Takes a batch, as many times one after the other as the pass's own has its examples.
  func take(_ batch: Batch) {
    for start in stride(from: 0, to: self.batch.count, by: batch.count) {
      self.batch.narrowed(from: start, length: batch.count).fill(from: batch)
    }
  }

  /// What the pass gives for the batch that it has.
  func run(_ inputs: [Tensor] = []) -> [Tensor] {
    for (own, input) in zip(self.inputs, inputs) { own.copy(from: input) }
    step.run()
    return results.map { $0.cloned() }
  }
}
