import Capture
import Torch

/// What a function makes of batch after batch: on the CPU it is recorded at the first one and replayed for all of its
/// shape.
///
/// The function depends on its batch and on draws by calls of libtorch alone: what the host would do in between is not
/// done again.
final class ReplayedPasses {
  private let body: (Batch) -> [Tensor]
  private let generator: Generator?
  private let threads = Engine.threadCount
  private var captured: CapturedPass?
  private var shapes: [Shape]?

  /// - Parameters:
  ///   - model: what makes the passes.
  ///   - count: how many there will be.
  ///   - device: where batches are.
  ///   - generator: the one that the function draws from.
  ///   - body: the function: float32 tensors.
  init(
    of model: any LatentVariableModel, _ count: Int, on device: Device, using generator: Generator? = nil,
    _ body: @escaping (Batch) -> [Tensor]
  ) {
    self.body = body
    self.generator = generator
    // A recording takes as long as some passes. What it saves of products is less than of convolutions.
    let fewest = model.hasConvolutions ? 6 : 48
    if device != .cpu || count < fewest { shapes = [] }
  }

  /// What a closure makes of passes over a batch, each of which draws anew; on libtorch's one thread where they are
  /// replayed.
  func of<Result>(_ batch: Batch, _ use: (_ pass: () -> [Tensor]) -> Result) -> Result {
    if shapes == nil {
      shapes = batch.shapes
      captured = try? CapturedPass(batch, using: generator, threads: threads) { batch, _ in body(batch) }
    }
    guard let captured, batch.shapes == shapes else { return use { body(batch) } }
    // Between two passes libtorch's threads would keep a core from those that replay.
    return Engine.onOneThread { use { captured.run(batch) } }
  }
}

extension LatentVariableModel {
  /// Whether some layer is a convolution: its weights have an axis for each of the picture's.
  fileprivate var hasConvolutions: Bool {
    roles.contains { parameters(of: $0).tensors.contains { $0.shape.count == 4 } }
  }
}
