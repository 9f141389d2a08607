import Elbo
import Torch

extension RunPicture {
  /// The true posterior of a few examples beside the encoder's.
  static let posteriors = RunPicture(
    name: "posteriors", title: "True and approximate posterior",
    caption:
      "A frame for an example of the test split, of up to six classes: samples of the true posterior p(z|x), which the "
      + "decoder and the prior decide and quadrature gives, and of the approximate one q(z|x), the encoder's.",
    alternativeText: "Scatter plots of samples of the true and of the approximate posterior.",
    applies: { $0.isPlane && Quadrature.obstacle($0.model) == nil },
    draw: { material, path in
      let data = material.run.test
      let generator = material.generator(21)
      let count = 600
      let classes = Array(Set(data.labels ?? [])).sorted().prefix(6)
      let rows =
        classes.isEmpty ? Array(0..<min(6, data.count)) : classes.map { data.labels!.firstIndex(of: $0)! }
      let panels = try withoutGradients { () throws in
        try rows.map { row in
          let example = try data.batch(row..<row + 1)
          let truth = Quadrature(material.model).posteriorSamples(
            given: example.x, count, using: generator)
          let approximate = material.model.encode(example.tiled(count), using: generator)
          // In turn, so that neither hides the other.
          let both = Tensor.stack([truth, approximate], over: 1).reshaped([2 * count, 2])
          return ScatterPlot.Panel(
            title: data.labels.map { data.classNames[$0[row]] } ?? "example \(row)", points: both.floats,
            classes: (0..<2 * count).map { $0 % 2 })
        }
      }
      try material.gnuplot.draw(
        ScatterPlot(
          title: "True and approximate posterior", classNames: ["true, p(z|x)", "approximate, q(z|x)"],
          panels: panels), to: path)
    })

  /// How often the discriminator is right when it says how sure it is.
  static let reliability = RunPicture(
    name: "reliability", title: "Reliability of the discriminator",
    caption:
      "Pairs of an example and a latent, half of them of the posterior, by the probability sigmoid(T) that the discriminator "
      + "gives them of being so, in ten intervals; and the fraction that was. On the diagonal, a discriminator is right as "
      + "often as it says. Being there does not make its divergence right: that is decided by how large T gets, and nearly "
      + "all of a good discriminator's probabilities are near 0 or 1.",
    alternativeText: "Line chart of observed fractions against predicted probabilities.",
    applies: { material in
      withoutGradients {
        material.model.discriminatorContest(
          material.run.test.prefix(1).batch, using: material.generator(22)) != nil
      }
    },
    draw: { material, path in
      let evaluator = Evaluator(
        model: material.model, dataset: material.run.test, configuration: material.run.configuration)
      let logits = try withoutGradients { () throws in
        try evaluator.discriminatorLogits(20_000, using: material.generator(22))!
      }
      let bins = Reliability(posterior: logits.posterior, reference: logits.reference).bins
      try material.gnuplot.draw(
        CurvePlot(
          title: "Reliability of the discriminator",
          xLabel: "probability that z is of the posterior, by the discriminator",
          panels: [
            CurvePlot.Panel(
              yLabel: "fraction that was",
              series: [
                CurvePlot.Series("a calibrated discriminator", x: [0, 1], y: [0, 1]),
                CurvePlot.Series(
                  "this one", x: bins.map(\.probability), y: bins.map(\.fraction)),
              ], yRange: .fixed(0...1))
          ]), to: path)
    })
}
