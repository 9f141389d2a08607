import Elbo
import Torch

extension RunPicture {
  /// Decoded codes between those of two test images.
  static let interpolation = RunPicture(
    name: "interpolation", title: "Interpolation",
    caption:
      "From one image of the test split to another: the means of p(x|z) along the straight line (1 − t) a + t b between "
      + "their posterior means a and b, so that t = 0 and t = 1 are their reconstructions; but a decoder that is told the class is "
      + "told that of the left image all along. The line is straight under any prior: arcs around the origin (White 2016, "
      + "arXiv:1609.04468) are meant for draws of a Gaussian prior of many dimensions, which have nearly one length, and "
      + "posterior means have not.",
    alternativeText: "Rows of images decoded along lines between the codes of two test images.",
    applies: { $0.run.test.image != nil },
    draw: { material, path in
      let (rows, steps) = (5, 11)
      let ends = material.examples(ofClasses: (0..<2 * rows).map { $0 % material.classCount })
      let codes = material.meanCodes(ends, stream: 8)
      let t = (Tensor.range(to: Double(steps), device: codes.device) / Double(steps - 1)).unsqueezed(1)
      func end(_ row: Int, _ side: Int, of tensor: Tensor) -> Tensor {
        tensor.narrowed(0, from: 2 * row + side, length: 1)
      }
      let z = Tensor.concatenate(
        (0..<rows).map { (1 - t) * end($0, 0, of: codes) + t * end($0, 1, of: codes) }, over: 0)
      let images = material.decoded(z, like: ends.examples(at: (0..<rows).map { 2 * $0 }))
      let cells = (0..<rows).flatMap { row in
        [
          end(row, 0, of: ends.features), images.narrowed(0, from: row * steps, length: steps),
          end(row, 1, of: ends.features),
        ]
      }
      let places = (0..<steps).map {
        NumberText.measured(Double($0) / Double(steps - 1), standardError: nil)
      }
      try CaptionedGrid(
        material.grid(cells, columns: steps + 2), title: "Interpolation between test images",
        columnLabels: ["input"] + places + ["input"], xLabel: "t"
      ).write(to: path, using: material.gnuplot)
    })
}
