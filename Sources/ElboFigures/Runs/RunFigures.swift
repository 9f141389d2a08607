import Elbo
import Foundation
import Torch

/// Draws all pictures of a run and the page that shows them.
public enum RunFigures {
  /// Writes `figures/*.png` and `report.html` in the run's folder.
  ///
  /// - Parameter progress: told each file once it is there.
  /// - Returns: the page's place.
  public static func draw(_ run: TrainedRun, progress: (String) -> Void = { _ in }) throws -> URL {
    let material = try RunMaterial(run)
    try? FileManager.default.createDirectory(at: run.directory.figures, withIntermediateDirectories: true)
    var figures: [ReportFigure] = []
    for picture in RunPicture.all where picture.applies(material) {
      let path = run.directory.figures.appending(path: picture.name + ".png").path
      try picture.draw(material, path)
      figures.append(
        try ReportFigure(
          title: picture.title, caption: picture.caption, alternativeText: picture.alternativeText, file: path
        ))
      progress(path)
    }
    try report(material, figures).write(to: run.directory.report.path)
    progress(run.directory.report.path)
    return run.directory.report
  }

  private static func report(_ material: RunMaterial, _ figures: [ReportFigure]) throws -> Report {
    let run = material.run
    let configuration = run.configuration
    let evaluator = Evaluator(model: run.model, dataset: run.test, configuration: configuration)
    let estimates = try evaluator.evaluate(evaluator.defaultMetrics)
    let preset = try? Preset.named(configuration.name)
    let notes =
      (preset.map { [Report.Note("Source", $0.source)] } ?? [])
      + (preset?.deviations ?? []).filter { $0.variant == nil || $0.variant == configuration.variant }
      .map { Report.Note("Departs from its source", "\($0.what). Why: \($0.why).") }
      + material.log.filter { $0.phase == "guard" }.compactMap { $0.texts["text"] }
      .map { Report.Note("Warned of while training", $0) }
      + estimates.sorted { $0.key < $1.key }.compactMap { name, estimate in
        estimate.warning.map { Report.Note("Not to be trusted", "\(name): \($0)") }
      }
    let dates = try? FileManager.default.attributesOfItem(atPath: run.directory.lastWeights.path)
    return Report(
      name: run.directory.url.lastPathComponent, preset: configuration.name,
      date: dates?[.modificationDate] as? Date ?? Date(),
      status: run.step >= configuration.training.steps ? .finished : .interrupted,
      facts: [
        Report.Fact(
          "steps",
          NumberText.whole(run.step)
            + (run.step < configuration.training.steps
              ? " of \(NumberText.whole(configuration.training.steps))" : "")),
        Report.Fact("data", run.test.name),
        Report.Fact("variant", configuration.variant.rawValue),
        Report.Fact("seed", String(configuration.seed)),
        Report.Fact("precision", configuration.precision.rawValue),
        Report.Fact("device", configuration.device.rawValue),
      ],
      metrics: estimates.sorted { $0.key < $1.key }.map { name, estimate in
        Report.Metric(
          name, value: estimate.value, standardError: estimate.standardError, unit: estimate.unit,
          count: estimate.count)
      },
      tables: [
        Report.Table(
          "Parameters", header: ["network", "parameters"],
          rows: run.model.parameterCounts.sorted { $0.key < $1.key }.map {
            [$0.key, NumberText.whole($0.value)]
          })
      ],
      figures: figures, notes: notes, configuration: ConfigurationLoader.yaml(configuration))
  }
}
