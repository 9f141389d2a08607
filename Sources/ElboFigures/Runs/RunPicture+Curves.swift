import Elbo

extension RunPicture {
  /// The objectives over the steps.
  static let trainingCurves = RunPicture(
    name: "training-curves", title: "Training curves",
    caption:
      "The objectives that move each part of the model, as logged while training. Where a curve is pale "
      + "and strong, pale is every logged step and strong their moving mean.",
    alternativeText: "Line chart of the training objectives against the step.",
    applies: { material in material.log.contains { $0.phase == "train" } },
    draw: { material, path in
      let scale = material.run.configuration.training.objectiveScale
      let names = ["generator", "discriminator"].filter { !material.series($0, phase: "train").steps.isEmpty }
      let panels = names.map { name in
        let (steps, values) = material.series(name, phase: "train")
        let isScaled = name == "generator" && scale != 1
        return CurvePlot.Panel(
          yLabel: isScaled ? "nats per example × \(scale)" : "nats per example",
          series: [
            CurvePlot.Series(
              name == "generator" ? "objective of encoder and decoder" : "objective of the discriminator",
              x: steps, y: values,
              smoothing: smoothing(of: values.count))
          ])
      }
      try material.gnuplot.draw(
        CurvePlot(title: "Training curves", xLabel: "step", panels: panels), to: path)
    })

  /// The evidence lower bound on both splits.
  static let bound = RunPicture(
    name: "terms", title: "Terms of the objective",
    caption:
      "Reconstruction error, minus the mean log likelihood, and the divergence of the posterior from the prior while "
      + "training; and minus the evidence lower bound on a held-out split where it was evaluated on the way. By a "
      + "discriminator, divergence and bound are estimates that can err in either direction.",
    alternativeText: "Line charts of reconstruction error, divergence and bound against the step.",
    applies: { material in material.log.contains { $0.phase == "train" } },
    draw: { material, path in
      func series(_ metric: String, _ phase: String, _ name: String, sign: Double) -> CurvePlot.Series? {
        let (steps, values) = material.series(metric, phase: phase)
        guard !steps.isEmpty else { return nil }
        let smoothing = phase == "train" ? smoothing(of: values.count) : 1
        return CurvePlot.Series(name, x: steps, y: values.map { sign * $0 }, smoothing: smoothing)
      }
      let held = ["validation", "test"].first { material.series("elbo", phase: $0).steps.count > 1 }
      let bound = [
        series("elbo", "train", "−ELBO", sign: -1),
        held.map { series("elbo", $0, "−ELBO of the \($0) split", sign: -1) } ?? nil,
        series("reconstruction", "train", "−E log p(x|z)", sign: -1),
      ].compactMap { $0 }
      let divergence = [
        series("kl", "train", "KL(q(z|x), p(z))", sign: 1),
        series("logDensityRatio", "train", "E T(x, z)", sign: 1),
        series("adversarial", "train", "logistic loss against the discriminator", sign: 1),
      ].compactMap { $0 }
      var panels = [CurvePlot.Panel(yLabel: "nats per example", series: bound)]
      if !divergence.isEmpty {
        panels.append(CurvePlot.Panel(yLabel: "nats per example", series: divergence))
      }
      if let accuracy = series("accuracy", "train", "discriminator's accuracy", sign: 1) {
        panels.append(
          CurvePlot.Panel(
            yLabel: "fraction", series: [accuracy], references: [CurvePlot.Reference(0.5, "chance")],
            yRange: .fixed(0...1)))
      }
      try material.gnuplot.draw(
        CurvePlot(title: "Terms of the objective", xLabel: "step", panels: panels), to: path)
    })

  /// The values that a moving mean takes: batches differ more than the steps between them.
  private static func smoothing(of count: Int) -> Int { max(1, count / 25) }
}
