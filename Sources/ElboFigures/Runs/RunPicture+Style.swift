import Elbo
import Torch

extension RunPicture {
  /// One style in every class, by a decoder that is told the class.
  static let styleAndContent = RunPicture(
    name: "style-and-content", title: "Style and content",
    caption:
      "What z holds where the decoder is told the class: each row has the posterior mean of the test image at its left, "
      + "decoded by the mean of p(x|z, y) as every class y (Kingma et al. 2014, arXiv:1406.5298, figure 1).",
    alternativeText: "Rows of one style, columns of classes.",
    applies: { $0.run.test.image != nil && $0.model.decoderClasses != nil },
    draw: { material, path in
      let classes = min(material.classCount, 20)
      let styles = material.examples(ofClasses: (0..<8).map { $0 % material.classCount })
      let z = material.meanCodes(styles, stream: 15).repeatedEach(classes)
      let labels = Tensor((0..<z.size(0)).map { Int64($0 % classes) }, shape: [z.size(0)]).moved(to: z.device)
      let decoded = withoutGradients { material.model.decodeMean(z, labels: labels) }
      let cells = (0..<styles.count).flatMap { row in
        [
          styles.features.narrowed(0, from: row, length: 1),
          decoded.narrowed(0, from: row * classes, length: classes),
        ]
      }
      try CaptionedGrid(
        material.grid(cells, columns: classes + 1), title: "Style and content",
        columnLabels: ["input"] + material.run.test.classNames.prefix(classes),
        xLabel: "class told to the decoder"
      ).write(to: path, using: material.gnuplot)
    })
}
