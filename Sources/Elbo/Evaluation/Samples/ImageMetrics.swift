import Foundation
import Torch

extension Evaluator.Metric {
  /// The peak signal-to-noise ratio 10 log10(L^2 / mse) of E[x|z], z one sample of q(z|x), L the range of
  /// pixels, averaged over images. Its variance is that of images and of z.
  static let psnr = Self(
    summary: "peak signal-to-noise ratio of the mean reconstruction", effort: .large, unit: "dB",
    obstacle: { $0.dataset.image == nil ? "the examples are not images" : nil },
    examples: { evaluator in
      let range = evaluator.dataset.range.upperBound - evaluator.dataset.range.lowerBound
      return try evaluator.reconstructions { x, y in
        // An exact reconstruction has no finite ratio: 120 dB is beyond single precision.
        let error = (x - y).converted(to: .float64).squared().mean(over: [1]).clamped(
          from: range * range * 1e-12)
        return (error / (range * range)).log() * (-10 / log(10))
      }
    })

  /// The structural similarity of the mean reconstruction: `StructuralSimilarity`. Its variance is that of
  /// images and of z.
  static let ssim = Self(
    summary: "structural similarity of the mean reconstruction, to 1", effort: .large, unit: "similarity",
    obstacle: { evaluator in
      guard let image = evaluator.dataset.image else { return "the examples are not images" }
      return min(image.height, image.width) < StructuralSimilarity.side
        ? "images of less than 11 x 11 pixels have no room for its window" : nil
    },
    examples: { evaluator in
      let similarity = StructuralSimilarity(
        evaluator.dataset.image!,
        range: evaluator.dataset.range.upperBound - evaluator.dataset.range.lowerBound,
        device: evaluator.dataset.device)
      return try evaluator.reconstructions { similarity($0, $1) }
    })
}

extension Evaluator {
  /// A number of each example and its mean reconstruction.
  func reconstructions(_ values: (_ x: Tensor, _ reconstruction: Tensor) -> Tensor) throws -> [Double] {
    let generator = Generator(seed: seed, device: dataset.device)
    let found = try rows(dataset, "reconstructions") { batch in
      let z = model.encode(batch, using: generator)
      return values(batch.x, model.decodeMean(z, labels: batch.labels)).converted(to: .float64)
    }
    return found.values(as: Double.self)
  }
}
