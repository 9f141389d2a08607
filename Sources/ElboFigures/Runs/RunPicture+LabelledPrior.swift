import Elbo
import Torch

extension RunPicture {
  /// The codes beside the prior they were trained to fill.
  static let codesAndPrior = RunPicture(
    name: "codes-and-prior", title: "Codes and prior",
    caption:
      "Codes of the test split beside as many samples of the prior, coloured by class. Where the divergence was told the "
      + "classes, each class has its place in both.",
    alternativeText: "Two scatter plots: codes of the test split, and samples of the prior.",
    applies: { $0.isPlane && $0.model.priorClasses > 1 },
    draw: { material, path in
      let data = material.run.test.prefix(5_000)
      let model = material.model
      let labels =
        data.labels ?? (0..<data.count).map { $0 % model.priorClasses }
      let classes = labels.map { $0 % model.priorClasses }
      let y = Tensor(classes.map(Int64.init), shape: [data.count]).moved(to: data.device)
      let generator = material.generator(10)
      let codes = try material.rows(data) { model.encode($0, using: generator) }
      let samples = withoutGradients { model.samplePrior(labels: y, using: material.generator(11)) }
      try material.gnuplot.draw(
        ScatterPlot(
          title: "Codes and prior", classNames: data.classNames,
          panels: [
            .init(title: "codes of the test split", points: codes.floats, classes: data.labels ?? []),
            .init(title: "samples of the prior", points: samples.floats, classes: classes),
          ]), to: path)
    })

  /// Decoded means along the axes of the prior's classes.
  static let priorWalk = RunPicture(
    name: "prior-walk", title: "A walk along the prior",
    caption:
      "The mean image at places along the main axis of each of the prior's classes: a row for each, from one end to the "
      + "other.",
    alternativeText: "Grid of images decoded along the prior's axes, a row for each class.",
    applies: {
      $0.run.test.image != nil && $0.model.decoderClasses == nil && $0.model.walkPrior(2) != nil
        && $0.model.priorClasses <= 30
    },
    draw: { material, path in
      let columns = 12
      let images = withoutGradients {
        material.model.decodeMean(material.model.walkPrior(columns)!, labels: nil)
      }
      let names = material.run.test.classNames
      let classes = material.model.priorClasses
      try CaptionedGrid(
        material.grid([images], columns: columns), title: "A walk along the prior",
        rowLabels: names.count == classes ? names : (0..<classes).map(String.init),
        xLabel: "place along the axis", yLabel: "class"
      ).write(to: path, using: material.gnuplot)
    })
}
