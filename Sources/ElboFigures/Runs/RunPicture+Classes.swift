import Elbo
import Torch

extension RunPicture {
  /// The plane that the decoder sees, where it is an embedding of classes and styles.
  static let embedding = RunPicture(
    name: "embedding", title: "Embedding",
    caption:
      "The two numbers of each example of the test split that the decoder sees, style + W class, coloured by the "
      + "example's class.",
    alternativeText: "Scatter plot of the two-dimensional embedding by class.",
    applies: { material in
      withoutGradients {
        let model = material.model
        return model.embed(model.encodeZeroNoise(material.run.test.prefix(1).batch))?.size(1) == 2
      }
    },
    draw: { material, path in
      let data = material.run.test.prefix(5_000)
      let (model, generator) = (material.model, material.generator(12))
      let points = try material.rows(data) { model.embed(model.encode($0, using: generator))! }.floats
      try material.gnuplot.draw(
        ScatterPlot(
          title: "Embedding", xLabel: "r₁", yLabel: "r₂", classNames: data.classNames,
          panels: [.init(points: points, classes: data.labels ?? [])]), to: path)
    })

  /// The head of each cluster and examples that belong to it.
  static let clusters = RunPicture(
    name: "clusters", title: "Clusters",
    caption:
      "A row for each class of the code: its head, decoded from the class with a style of zero, and the first examples "
      + "of the test split for which it is the most probable.",
    alternativeText: "Rows of images: the head of each cluster and its members.",
    applies: { $0.run.test.image != nil && ($0.model.codeClasses ?? 100) < 100 },
    draw: { material, path in
      let classes = material.model.codeClasses!
      let columns = 13
      let data = material.run.test.prefix(5_000)
      let found = try material.rows(data) { material.model.classLogits($0)!.argMax(over: 1) }
        .moved(to: .cpu).values(as: Int64.self)
      let heads = withoutGradients { decoded(material, styles: 1).floats }
      let size = data.featureCount
      // What a cluster has too few of is left blank.
      let blank = [Float](repeating: Float(data.range.upperBound), count: size)
      let rows = (0..<classes).map { cluster in
        let members = found.indices.filter { found[$0] == cluster }.prefix(columns - 1)
          .map { data.examples(at: [$0]).features.floats }
        let padding = [[Float]](repeating: blank, count: columns - 1 - members.count)
        return [Array(heads[cluster * size..<(cluster + 1) * size])] + members + padding
      }
      let images = Tensor(Array(rows.joined().joined()), shape: [classes * columns, size])
      try CaptionedGrid(
        material.grid([images], columns: columns), title: "Clusters",
        rowLabels: (0..<classes).map(String.init), columnLabels: ["head"], yLabel: "class of the code"
      ).write(to: path, using: material.gnuplot)
    })

  /// Each class in several styles.
  static let classAndStyle = RunPicture(
    name: "class-and-style", title: "Class and style",
    caption:
      "Mean images for each class of the code, from left to right, in a style that is the same along a row: zero in the "
      + "first row, a sample of the prior in the others.",
    alternativeText: "Grid of decoded images: columns are classes, rows are styles.",
    applies: { $0.run.test.image != nil && ($0.model.codeClasses ?? 100) < 100 },
    draw: { material, path in
      let classes = material.model.codeClasses!
      let rows = 9
      let images = withoutGradients { decoded(material, styles: rows) }
      try CaptionedGrid(
        material.grid([images], columns: classes), title: "Class and style",
        columnLabels: (0..<classes).map(String.init), xLabel: "class of the code", yLabel: "style"
      ).write(to: path, using: material.gnuplot)
    })

  /// The mean images of every class in so many styles, the first of them zero: [styles * classes, features].
  private static func decoded(_ material: RunMaterial, styles: Int) -> Tensor {
    let model = material.model
    let classes = model.codeClasses!
    let device = material.run.test.device
    let dimension = model.latentDimension - classes
    let zero = Tensor.zeros([1, dimension], device: device)
    let drawn = model.samplePrior(styles, using: material.generator(13))
      .narrowed(1, from: classes, length: dimension)
    let style = Tensor.concatenate([zero, drawn.narrowed(0, from: 1, length: styles - 1)], over: 0)
    let y = Tensor.range(to: Double(classes), device: device).converted(to: .int64)
      .oneHot(classes: classes).converted(to: .float32)
    let z = Tensor.concatenate([y.tiled([styles, 1]), style.repeatedEach(classes)], over: 1)
    return model.decodeMean(z, labels: model.cycledLabels(z.size(0), device: device))
  }
}
