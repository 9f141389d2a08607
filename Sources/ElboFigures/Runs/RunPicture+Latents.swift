import Elbo
import Foundation
import Torch

extension RunPicture {
  /// The codes of the data, three ways.
  static let latentScatter = RunPicture(
    name: "latent-scatter", title: "Latent space",
    caption:
      "Codes of the test split, coloured by class: samples of the posterior; codes with all noise at zero; and the "
      + "posterior's mean. For an implicit posterior zero noise is not the mean, and the mean is that of 64 samples.",
    alternativeText: "Scatter plots of two-dimensional codes by class.",
    applies: { $0.isPlane },
    draw: { material, path in
      let data = material.run.test.prefix(5_000)
      let generator = material.generator(1)
      // Few examples are encoded several times over, so that the posterior's shape can be seen.
      let repeats = max(1, 5_120 / data.count)
      let labels = data.labels ?? []
      let stochastic = try (0..<repeats).flatMap { _ in
        try material.rows(data) { material.model.encode($0, using: generator) }.floats
      }
      let zero = try material.rows(data) { material.model.encodeZeroNoise($0) }.floats
      let mean = try material.rows(data) {
        material.model.encodeMean($0, samples: 64, using: generator)
      }.floats
      try material.gnuplot.draw(
        ScatterPlot(
          title: "Latent space", classNames: data.classNames,
          panels: [
            .init(
              title: "samples", points: stochastic,
              classes: Array((0..<repeats).map { _ in labels }.joined())),
            .init(title: "zero noise", points: zero, classes: labels),
            .init(title: "mean", points: mean, classes: labels),
          ]),
        to: path)
    })

  /// How sure a decoder of few features is over the latent plane.
  static let decoderConfidence = RunPicture(
    name: "decoder-confidence", title: "Decoder over the latent plane",
    caption:
      "The largest mean of a feature at each z: near 1 where the decoder is sure which point z stands for, lower on the "
      + "borders between regions.",
    alternativeText: "Heat map of the decoder's confidence over the latent plane.",
    applies: { $0.isPlane && $0.run.test.image == nil && $0.model.decoderClasses == nil },
    draw: { material, path in
      let size = 161
      let z = plane(size, reach: 3, device: material.run.test.device)
      let values = withoutGradients { material.model.decodeMean(z, labels: nil).max(over: [1]).floats }
      try material.gnuplot.draw(
        HeatMap(
          title: "Decoder's confidence", valueLabel: "largest mean of a feature",
          values: values.map(Double.init),
          rows: size, columns: size, xRange: -3...3, yRange: -3...3, valueRange: 0...1),
        to: path)
    })

  /// Decoded means over the latent plane.
  static let latentGrid = RunPicture(
    name: "latent-grid", title: "Decoded latent plane",
    caption: "The mean image at each z of a grid over the region that holds nearly all of the prior.",
    alternativeText: "Grid of images decoded from a grid of latents.",
    applies: { $0.isPlane && $0.run.test.image != nil && $0.model.decoderClasses == nil },
    draw: { material, path in
      let size = 17
      let z = plane(size, reach: 2.4, device: material.run.test.device)
      // The highest z2 stands at the top.
      let rows = Tensor(
        (0..<size).reversed().flatMap { row in (0..<size).map { Int64(row * size + $0) } },
        shape: [size * size])
      let images = withoutGradients { material.model.decodeMean(z.gathered(rows), labels: nil) }
      let axis = (0..<size).map { index in
        // Every second place, so that the middle has its zero; and a minus sign as in the other pictures.
        index % 2 == 1
          ? ""
          : String(format: "%.1f", -2.4 + 4.8 * Double(index) / Double(size - 1))
            .replacingOccurrences(of: "-", with: "−")
      }
      var grid = material.grid([images], columns: size)
      grid.gap = 0
      try CaptionedGrid(
        grid, title: "Decoded latent plane", rowLabels: axis.reversed(), columnLabels: axis, xLabel: "z₁",
        yLabel: "z₂"
      ).write(to: path, using: material.gnuplot)
    })

  /// A square grid of latents, z1 fastest: [size^2, 2].
  private static func plane(_ size: Int, reach: Double, device: Device) -> Tensor {
    let axis = Tensor.range(to: Double(size), device: device) * (2 * reach / Double(size - 1)) - reach
    return Tensor.stack([axis.tiled([size]), axis.repeatedEach(size)], over: 1)
  }
}

extension Tensor {
  /// The elements as single-precision numbers on the CPU.
  package var floats: [Float] { converted(to: .float32).moved(to: .cpu).values(as: Float.self) }
}
