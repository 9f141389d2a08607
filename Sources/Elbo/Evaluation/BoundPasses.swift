import Torch

/// The terms of the bound, batch after batch.
///
/// On the CPU a pass is recorded at the first batch and replayed for all of its shape.
final class BoundPasses {
  private let model: any LatentVariableModel
  private let generator: Generator
  private let threads = Engine.threadCount
  private var captured: CapturedPass?
  private var shapes: [Shape]?
  /// Whether the divergence makes a bound; nil before the first batch, and where there is no divergence.
  private(set) var givesBound: Bool?

  /// Terms of n examples, each averaged over the samples of z.
  struct Terms {
    /// In nats: [n].
    var reconstruction: [Double]
    /// [n].
    var squaredError: [Double]
    /// In nats: [n]; nil where the model has none.
    var divergence: [Double]?
  }

  /// Fewer are not worth a recording.
  private static let fewestPasses = 12

  /// - Parameter passes: how many there will be.
  init(_ model: any LatentVariableModel, using generator: Generator, passes: Int) {
    self.model = model
    self.generator = generator
    if generator.device != .cpu || passes < Self.fewestPasses { shapes = [] }
  }

  /// The terms of a batch.
  func terms(of batch: Batch, samples: Int) -> Terms {
    if shapes == nil {
      shapes = batch.shapes
      captured = try? CapturedPass(batch, using: generator, threads: threads) { batch, _ in computed(batch) }
    }
    func terms(_ pass: () -> [Tensor]) -> Terms {
      let found = (0..<samples).map { _ in pass() }
      let means = found[0].indices.map { column in
        Tensor.stack(found.map { $0[column].converted(to: .float64) }).mean(over: [0]).values(as: Double.self)
      }
      return Terms(
        reconstruction: means[0], squaredError: means[1], divergence: means.count > 2 ? means[2] : nil)
    }
    guard let captured, batch.shapes == shapes else { return terms { computed(batch) } }
    // Between two passes libtorch's threads would keep a core from those that replay.
    return Engine.onOneThread { terms { captured.run(batch) } }
  }

  /// A sample of each term by libtorch: reconstruction, squared error, and the divergence where there is one.
  private func computed(_ batch: Batch) -> [Tensor] {
    let terms = model.boundTerms(batch, using: generator)
    givesBound = terms.divergence?.givesBound
    return [terms.reconstruction, terms.squaredError()] + (terms.divergence.map { [$0.values] } ?? [])
  }
}
