import Elbo
import Foundation

/// Draws what a sweep found.
public enum SweepFigures {
  /// Writes `sweep.png`, the objective against each key, and for successive halving `halving.png`, the objective
  /// against the steps.
  ///
  /// - Returns: the files.
  public static func draw(_ sweep: Sweep) throws -> [String] {
    let gnuplot = try Gnuplot()
    try gnuplot.draw(plot(sweep.summary), to: sweep.folder.picture.path)
    guard sweep.record.plan.halving != nil else { return [sweep.folder.picture.relativePath] }
    try gnuplot.draw(courses(sweep), to: sweep.folder.courses.path)
    return [sweep.folder.picture.relativePath, sweep.folder.courses.relativePath]
  }

  /// The objective of each trial against each key.
  static func plot(_ summary: SweepSummary) -> SweepPlot {
    let rows = summary.rows.filter { $0.objective != nil }
    let steps = Set(rows.map(\.steps)).sorted(by: >)
    return SweepPlot(
      title: "Trials by \(summary.objective.metric)",
      yLabel: label(summary.objective.metric, rows.compactMap { $0.objective?.unit }.first),
      columns: summary.keys.map { key in column(key, rows.map { $0.settings[key] ?? "" }) },
      values: rows.map { $0.objective!.value }, errors: rows.map { $0.objective!.standardError },
      groups: rows.map { steps.firstIndex(of: $0.steps)! },
      groupNames: steps.map { "after \(NumberText.whole($0)) steps" }, best: rows.isEmpty ? nil : 0)
  }

  private static func label(_ metric: String, _ unit: String?) -> String {
    guard let unit, !unit.isEmpty else { return metric }
    return "\(metric) (\(unit))"
  }

  /// Numbers stand where they are, on a logarithmic axis where they span more than a factor of 20; other values side by
  /// side.
  private static func column(_ key: String, _ values: [String]) -> SweepPlot.Column {
    let numbers = values.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == values.count, Set(numbers).count > 1 else {
      let names = Set(values).sorted()
      return SweepPlot.Column(
        name: key, positions: values.map { Double(names.firstIndex(of: $0)!) }, categories: names)
    }
    let (low, high) = (numbers.min()!, numbers.max()!)
    return SweepPlot.Column(
      name: key, positions: numbers, scale: low > 0 && high / low > 20 ? .logarithmic : .linear)
  }

  /// How the objective of each trial went on; the ten best by name.
  private static func courses(_ sweep: Sweep) -> CurvePlot {
    let summary = sweep.summary
    let trials = summary.rows.prefix(10).compactMap { row in
      sweep.record.trials.first { $0.number == row.trial }
    }
    let series = trials.map { trial in
      let steps = trial.runs.first?.results.map(\.steps) ?? []
      let known = steps.compactMap { steps in trial.objective(at: steps).map { (Double(steps), $0.value) } }
      return CurvePlot.Series("trial \(trial.number)", x: known.map(\.0), y: known.map(\.1))
    }
    let unit = summary.rows.lazy.compactMap { $0.objective?.unit }.first
    return CurvePlot(
      title: "Successive halving: the ten best trials", xLabel: "step",
      panels: [CurvePlot.Panel(yLabel: label(summary.objective.metric, unit), series: series, yRange: .full)],
      xScale: .logarithmic)
  }
}
