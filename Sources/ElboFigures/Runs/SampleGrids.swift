import Elbo
import Foundation
import Torch

/// Writes a grid of decoded prior samples every `figures.sampleEvery` steps, always of the same latents, so
/// that the pictures show one set of images take shape.
public final class SampleGrids: TrainingObserver {
  private var latents: Tensor?

  /// An observer for one session.
  public init() {}

  /// Writes the grid where a step calls for one.
  public func receive(_ event: TrainingEvent, from session: TrainingSession) throws {
    guard case .stepped(let progress, _) = event, let image = session.trainer.dataset.image else { return }
    let options = session.configuration.figures
    guard options.sampleEvery > 0, progress.step % options.sampleEvery == 0 else { return }
    let count = options.rows * options.columns
    let data = session.trainer.dataset
    let model = session.trainer.model
    let z =
      latents
      ?? model.samplePrior(
        count, using: Generator(seed: session.configuration.seed ^ 0x67_7269, device: data.device))
    latents = z
    let grid = ImageGrid(
      values: withoutGradients {
        model.decodeMean(z, labels: model.cycledLabels(count, device: z.device)).floats
      }, count: count, channels: image.channels,
      height: image.height, width: image.width, columns: options.columns,
      range: Float(data.range.lowerBound)...Float(data.range.upperBound), gap: 2, scale: 2)
    let name = String(format: "samples-%08d.png", progress.step)
    try grid.write(to: session.directory.figures.appending(path: name).path)
  }
}
