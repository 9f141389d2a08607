import Elbo
import Torch

extension RunPicture {
  /// Test images with what the model makes of them.
  static let reconstructions = RunPicture(
    name: "reconstructions", title: "Reconstructions",
    caption:
      "Images of the test split; below each a draw of x from p(x|z), and the mean of p(x|z), z one sample of its "
      + "posterior.",
    alternativeText: "Rows of test images, of sampled and of mean reconstructions.",
    applies: { $0.run.test.image != nil },
    draw: { material, path in
      let columns = 6
      let batch = material.run.test.prefix(columns).batch
      let generator = material.generator(2)
      let (sample, mean) = withoutGradients {
        let z = material.model.encode(batch, using: generator)
        return (
          material.model.decodeSample(z, labels: batch.labels, using: generator),
          material.model.decodeMean(z, labels: batch.labels)
        )
      }
      try CaptionedGrid(
        material.grid([batch.x, sample, mean], columns: columns), title: "Reconstructions",
        rowLabels: ["input", "sample", "mean"]
      ).write(to: path, using: material.gnuplot)
    })

  /// Mean images of prior samples.
  static let priorMeans = RunPicture(
    name: "prior-means", title: "Generated images, means",
    caption: "The mean of p(x|z) for samples z of the prior.",
    alternativeText: "Grid of generated mean images.",
    applies: { $0.run.test.image != nil },
    draw: { material, path in
      let (rows, columns) = (
        material.run.configuration.figures.rows, material.run.configuration.figures.columns
      )
      let z = material.model.samplePrior(rows * columns, using: material.generator(3))
      let images = withoutGradients {
        material.model.decodeMean(z, labels: material.model.cycledLabels(z.size(0), device: z.device))
      }
      try CaptionedGrid(material.grid([images], columns: columns), title: "Generated, means")
        .write(to: path, using: material.gnuplot)
    })

  /// Sampled images of prior samples.
  static let priorSamples = RunPicture(
    name: "prior-samples", title: "Generated images, samples",
    caption: "A draw of x from p(x|z) for the same samples z of the prior: pixels are "
      + "independent given z, and a Gaussian likelihood adds its noise to each.",
    alternativeText: "Grid of generated sampled images.",
    applies: { $0.run.test.image != nil },
    draw: { material, path in
      let (rows, columns) = (
        material.run.configuration.figures.rows, material.run.configuration.figures.columns
      )
      let z = material.model.samplePrior(rows * columns, using: material.generator(3))
      let generator = material.generator(4)
      let images = withoutGradients {
        material.model.decodeSample(
          z, labels: material.model.cycledLabels(z.size(0), device: z.device), using: generator)
      }
      try CaptionedGrid(material.grid([images], columns: columns), title: "Generated, samples")
        .write(to: path, using: material.gnuplot)
    })
}
