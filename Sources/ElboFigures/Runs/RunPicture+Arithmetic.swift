import Elbo
import Torch

extension RunPicture {
  /// Codes moved by differences of class means.
  static let arithmetic = RunPicture(
    name: "arithmetic", title: "Class arithmetic",
    caption:
      "The code of a test image of class a, its posterior mean, moved by a growing share s of the way between the classes, "
      + "z + s (mean code of class b − mean code of class a), and decoded by the mean of p(x|z). At s = 0 it is the image's "
      + "reconstruction. Mean codes are those of two thousand test images (Larsen et al. 2016, arXiv:1512.09300).",
    alternativeText: "Rows of images moved from one class to the next by adding differences of mean codes.",
    applies: {
      $0.run.test.image != nil && $0.classCount > 1 && $0.model.decoderClasses == nil
    },
    draw: { material, path in
      let shares = [0, 0.25, 0.5, 0.75, 1]
      let count = material.classCount
      let pairs = (0..<min(count, 10)).map { (from: $0, to: ($0 + 1) % count) }
      let images = material.examples(ofClasses: pairs.map(\.from))
      let codes = material.meanCodes(images, stream: 14)
      let zero = Tensor.zeros([codes.size(1)], device: codes.device)
      let s = Tensor(shares.map(Float.init), shape: [shares.count, 1]).moved(to: codes.device)
      let means = try material.means
      let z = pairs.enumerated().map { row, pair in
        let way =
          (means.mean(ofClass: pair.to) ?? zero) - (means.mean(ofClass: pair.from) ?? zero)
        return codes.narrowed(0, from: row, length: 1) + s * way
      }
      let decoded = material.decoded(Tensor.concatenate(z, over: 0), like: images)
      let cells = pairs.indices.flatMap { row in
        [
          images.features.narrowed(0, from: row, length: 1),
          decoded.narrowed(0, from: row * shares.count, length: shares.count),
        ]
      }
      let names = material.run.test.classNames
      try CaptionedGrid(
        material.grid(cells, columns: shares.count + 1), title: "Class arithmetic",
        rowLabels: pairs.map { "\(names[$0.from]) → \(names[$0.to])" },
        columnLabels: ["input"] + shares.map { NumberText.measured($0, standardError: nil) },
        xLabel: "share of the way"
      ).write(to: path, using: material.gnuplot)
    })
}
