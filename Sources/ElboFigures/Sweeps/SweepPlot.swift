import Foundation

/// One value of each trial against several quantities, a frame for each, side by side: what a search found.
///
/// Trials whose value is not finite are left out.
package struct SweepPlot: Plot {
  /// A quantity that trials differ in.
  package struct Column: Sendable {
    /// Below the frame.
    package var name: String
    /// Where each trial stands.
    package var positions: [Double]
    /// What positions 0, 1, 2, ... are called; nil for numbers.
    package var categories: [String]?
    /// Linear or logarithmic, for numbers.
    package var scale: AxisScale

    package init(name: String, positions: [Double], categories: [String]? = nil, scale: AxisScale = .linear) {
      self.name = name
      self.positions = positions
      self.categories = categories
      self.scale = scale
    }
  }

  package var title: String
  package var yLabel: String
  package var columns: [Column]
  /// The trials' values.
  package var values: [Double]
  /// Their standard errors; no bar where one is not finite.
  package var errors: [Double]
  /// Each trial's group, an index into the names.
  package var groups: [Int]
  package var groupNames: [String]
  /// The trial with a ring.
  package var best: Int?

  package init(
    title: String, yLabel: String, columns: [Column], values: [Double], errors: [Double], groups: [Int],
    groupNames: [String], best: Int?
  ) {
    self.title = title
    self.yLabel = yLabel
    self.columns = columns
    self.values = values
    self.errors = errors
    self.groups = groups
    self.groupNames = groupNames
    self.best = best
  }

  private static let side = (width: 250, height: 230, gap: 26, foot: 62)

  private var columnsPerRow: Int { min(max(columns.count, 1), 3) }
  private var rows: Int { (max(columns.count, 1) + columnsPerRow - 1) / columnsPerRow }
  private var head: Int { PlotStyle.titleHeight(title, width: width - left) + legendHeight }
  private var legendHeight: Int { groupNames.count > 1 ? PlotStyle.lineHeight + 6 : 0 }
  private var left: Int { Int(yAxis.labels.map { TextMetrics.width(of: $0) }.max() ?? 0) + 46 }
  private var width: Int {
    let frames = left + columnsPerRow * Self.side.width + (columnsPerRow - 1) * Self.side.gap + 24
    let legend = groupNames.reduce(left + 20) { $0 + Int(TextMetrics.width(of: $1)) + 40 }
    return max(frames, groupNames.count > 1 ? legend : 0)
  }

  package var size: PictureSize {
    PictureSize(width: width, height: head + rows * (Self.side.height + Self.side.foot) + 8)
  }

  private var shown: [Int] { values.indices.filter { values[$0].isFinite } }

  private var yAxis: Axis {
    let ends = shown.flatMap { index -> [Double] in
      let error = errors[index].isFinite ? errors[index] : 0
      return [values[index] - error, values[index] + error]
    }
    let (low, high) = (ends.min() ?? 0, ends.max() ?? 1)
    let margin = (high - low) * 0.06
    return Axis((low - margin)...(high + margin), ticks: 5)
  }

  package func addCommands(to script: inout GnuplotScript) throws(FigureError) {
    let page = size
    script.add("set multiplot")
    PlotStyle.addTitle(title, size: page, left: left, to: &script)
    addLegend(page, to: &script)
    let top = page.height - head
    for (number, column) in columns.enumerated() {
      let frame = Frame(
        left: left + (number % columnsPerRow) * (Self.side.width + Self.side.gap),
        bottom: top - (number / columnsPerRow) * (Self.side.height + Self.side.foot) - Self.side.height,
        width: Self.side.width, height: Self.side.height)
      addPanel(column, number: number, frame: frame, page: page, to: &script)
      script.add("unset label")
    }
    script.add("unset multiplot")
  }

  /// The groups, side by side above the frames.
  private func addLegend(_ page: PictureSize, to script: inout GnuplotScript) {
    guard groupNames.count > 1 else { return }
    var x = left + 8
    let y = Double(page.height - head + PlotStyle.lineHeight / 2 + 6) / Double(page.height)
    for (group, name) in groupNames.enumerated() {
      script.add(
        "set label \(GnuplotScript.quote(name)) at screen \(Double(x) / Double(page.width)),\(y) left offset 1,0 "
          + "point pointtype 7 pointsize 0.8 linecolor rgb '\(color(group).hex)' textcolor rgb '\(PlotStyle.ink)'"
      )
      x += Int(TextMetrics.width(of: name)) + 40
    }
  }

  private func addPanel(
    _ column: Column, number: Int, frame: Frame, page: PictureSize, to script: inout GnuplotScript
  ) {
    let isLeftmost = number % columnsPerRow == 0
    PlotStyle.addFrame(frame, size: page, to: &script)
    script.add(horizontalAxis(column, width: frame.width))
    script.add(yAxis.commands("y", showsLabels: isLeftmost))
    PlotStyle.addXLabel(TextMetrics.shorten(column.name, width: Double(frame.width + 20)), to: &script)
    if isLeftmost {
      let middle = Double(frame.bottom + frame.height / 2) / Double(page.height)
      script.add(
        "set label \(GnuplotScript.quote(yLabel)) at screen \(16 / Double(page.width)),\(middle) "
          + "center rotate by 90 textcolor rgb '\(PlotStyle.ink)'")
    }
    if let best, values[best].isFinite {
      script.addMark(ScatterPlot.Mark(x: column.positions[best], y: values[best]))
    }
    script.add("unset key")
    var parts: [String] = []
    if shown.isEmpty {
      PlotStyle.addNothingToShow(to: &script)
    } else {
      let block = script.data(count: shown.count) { row in
        let index = shown[row]
        let error = errors[index].isFinite ? errors[index] : 0
        return "\(column.positions[index]) \(values[index]) \(error) \(color(groups[index]).value)"
      }
      parts.append(
        "\(block) using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.7 linewidth 1 linecolor rgb variable")
    }
    script.add("plot " + (parts + ["NaN"]).joined(separator: ", \\\n  "))
  }

  private func horizontalAxis(_ column: Column, width: Int) -> String {
    guard let names = column.categories else {
      let (low, high) = (column.positions.min() ?? 0, column.positions.max() ?? 1)
      if column.scale == .logarithmic {
        let margin = pow(high / low, 0.06)
        let axis = Axis((low / margin)...(high * margin), scale: .logarithmic)
        return axis.commands("x") + "\nset xtics (\(Self.thinned(axis, width: width)))"
      }
      let margin = (high - low) * 0.06
      return Axis((low - margin)...(high + margin), fitting: width).commands("x")
    }
    let room = Double(width) / Double(max(names.count, 1)) - 8
    let ticks = names.enumerated().map { place, name in
      "\(GnuplotScript.quoteTick(TextMetrics.shorten(name, width: max(room, 24)))) \(place)"
    }
    return "unset logscale x\nset xrange [-0.5:\(Double(max(names.count, 1)) - 0.5)] noextend\n"
      + "set xtics (\(ticks.joined(separator: ", ")))"
  }

  /// Of a logarithmic axis's ticks those that have room for their names: powers of ten where there are two, else every
  /// other one.
  private static func thinned(_ axis: Axis, width: Int) -> String {
    var ticks = Array(zip(axis.ticks, axis.labels))
    func isTooWide() -> Bool {
      ticks.reduce(0) { $0 + TextMetrics.width(of: $1.1) + 16 } > Double(width) && ticks.count > 2
    }
    let powers = ticks.filter { abs(log10($0.0) - log10($0.0).rounded()) < 1e-9 }
    if isTooWide(), powers.count > 1 { ticks = powers }
    while isTooWide() { ticks = ticks.enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element) }
    return ticks.map { "\(GnuplotScript.quoteTick($0.1)) \($0.0)" }.joined(separator: ", ")
  }

  private func color(_ group: Int) -> RGB { PlotStyle.color(group, of: groupNames.count) }
}
