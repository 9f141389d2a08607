import Foundation

extension CurvePlot {
  /// More points than this cannot be told apart on the page.
  private static let pointLimit = 4000

  /// Appends the commands that draw the chart.
  public func addCommands(to script: inout GnuplotScript) throws(FigureError) {
    guard !panels.isEmpty else { throw FigureError(title, "has no panel to draw") }
    for line in panels.flatMap(\.series) where line.x.count != line.y.count {
      throw FigureError(
        "\(title), \(line.name)", "has \(line.x.count) positions for \(line.y.count) values")
    }
    let layout = Layout(self)
    script.add("set multiplot")
    PlotStyle.addTitle(title, size: layout.size, left: layout.left, to: &script)
    addFootnote(layout, to: &script)
    for index in panels.indices {
      addPanel(index, layout: layout, to: &script)
      script.add("unset label")
      script.add("unset arrow")
    }
    script.add("unset multiplot")
  }

  private func addPanel(_ index: Int, layout: Layout, to script: inout GnuplotScript) {
    let panel = panels[index]
    let frame = layout.frames[index]
    let isLast = index == panels.count - 1
    PlotStyle.addFrame(frame, size: layout.size, to: &script)
    script.add(layout.xAxis.commands("x", showsLabels: isLast))
    script.add(layout.yAxes[index].commands("y"))
    if isLast { PlotStyle.addXLabel(xLabel, to: &script) }
    let middle = Double(frame.bottom + frame.height / 2) / Double(layout.size.height)
    let yLabel = layout.yLabels[index]
    let x = Double(7 + 9 * yLabel.count) / Double(layout.size.width)
    script.add(
      "set label \(GnuplotScript.quote(yLabel.joined(separator: "\n"))) at screen \(x),\(middle) center "
        + "rotate by 90 textcolor rgb '\(PlotStyle.ink)'")
    addReferences(panel, index: index, layout: layout, to: &script)

    if layout.legendLines[index] > 0 {
      let top = frame.bottom + frame.height + layout.legendLines[index] * PlotStyle.lineHeight + 4
      script.add(
        "set key at screen \(Double(frame.left) / Double(layout.size.width)),\(Double(top) / Double(layout.size.height)) "
          + "left top horizontal Left reverse samplen 1.5 spacing 1.1 width 1")
    } else {
      script.add("unset key")
    }
    addLines(panel, axis: layout.yAxes[index], to: &script)
  }

  private func addLines(_ panel: Panel, axis: Axis, to script: inout GnuplotScript) {
    var pale: [String] = []
    var full: [String] = []
    for line in panel.series {
      let color = color(of: line)
      let title = "title \(GnuplotScript.quote(line.name.isEmpty ? " " : line.name))"
      let smooth = Smoothing.movingMean(line.y, window: line.smoothing)
      if line.smoothing > 1, let block = data(line.x, line.y, axis: axis, to: &script) {
        pale.append("\(block) with lines linewidth 1 linecolor rgb '\(color.lightened(by: 0.65).hex)'")
      }
      if let block = data(line.x, smooth, axis: axis, to: &script) {
        let isLone = line.y.count { $0.isFinite } == 1
        let style = isLone ? "points pointtype 7 pointsize 0.6" : "lines linewidth 1.8"
        full.append("\(block) with \(style) linecolor rgb '\(color.hex)' \(title)")
      } else {
        full.append("NaN with lines linewidth 1.8 linecolor rgb '\(color.hex)' \(title)")
      }
    }
    let isEmpty = panel.series.allSatisfy { line in !line.y.contains { isShown($0, scale: panel.yScale) } }
    if isEmpty { PlotStyle.addNothingToShow(to: &script) }
    script.add("plot " + (pale + full + ["NaN"]).joined(separator: ", \\\n  "))
  }

  /// The name of the data block, or nil where there is nothing that could be drawn.
  private func data(
    _ x: [Double], _ y: [Double], axis: Axis, to script: inout GnuplotScript
  ) -> String? {
    let kept = Smoothing.thinned(y, limit: Self.pointLimit)
    guard kept.contains(where: { isShown(y[$0], scale: axis.scale) && isShown(x[$0], scale: xScale) }) else {
      return nil
    }
    return script.data(count: kept.count) { row in
      let index = kept[row]
      let isGap = !isShown(y[index], scale: axis.scale) || !isShown(x[index], scale: xScale)
      return isGap
        ? "NaN NaN" : "\(GnuplotScript.number(x[index])) \(GnuplotScript.number(y[index]))"
    }
  }

  private func isShown(_ value: Double, scale: AxisScale) -> Bool {
    value.isFinite && (scale == .linear || value > 0)
  }

  /// A series that appears in two panels keeps its colour.
  private func color(of line: Series) -> RGB {
    var names: [String] = []
    for name in panels.flatMap({ $0.series.map(\.name) }) where !names.contains(name) { names.append(name) }
    return PlotStyle.color(names.firstIndex(of: line.name) ?? 0, of: names.count)
  }

  private func addReferences(
    _ panel: Panel, index: Int, layout: Layout, to script: inout GnuplotScript
  ) {
    let axis = layout.yAxes[index]
    let frame = layout.frames[index]
    let room = Double(layout.size.width - frame.left - frame.width - 16)
    let shown = panel.references.filter {
      isShown($0.value, scale: axis.scale) && axis.range.contains($0.value)
    }
    .sorted { $0.value < $1.value }
    var lowestFree = -Double.infinity
    for reference in shown {
      let height = axis.fraction(of: reference.value)
      script.add(
        "set arrow from graph 0,graph \(height) to graph 1,graph \(height) nohead front "
          + "linewidth 1.2 dashtype (8,5) linecolor rgb '\(PlotStyle.quietInk)'")
      // Names of lines that are close together are moved apart.
      let place = max(height, lowestFree)
      lowestFree = place + Double(PlotStyle.lineHeight - 2) / Double(frame.height)
      let label = TextMetrics.shorten(reference.label, width: room)
      script.add(
        "set label \(GnuplotScript.quote(label)) at graph 1,graph \(place) left offset 0.8,0 "
          + "textcolor rgb '\(PlotStyle.quietInk)'")
    }
  }

  private func addFootnote(_ layout: Layout, to script: inout GnuplotScript) {
    var notes: [String] = []
    let windows = Set(panels.flatMap { $0.series.map(\.smoothing) }.filter { $0 > 1 }).sorted()
    if !windows.isEmpty {
      let sizes = windows.map(NumberText.whole).joined(separator: " or ")
      notes.append("pale: every value · full: mean of \(sizes) neighbours")
    }
    if layout.offScale > 0 {
      let count = NumberText.whole(layout.offScale)
      notes.append("\(count) value\(layout.offScale == 1 ? "" : "s") beyond the axis")
    }
    guard !notes.isEmpty else { return }
    let x = Double(layout.frames[0].left + layout.frames[0].width) / Double(layout.size.width)
    let y = 12 / Double(layout.size.height)
    script.add(
      "set label \(GnuplotScript.quote(notes.joined(separator: " · "))) at screen \(x),\(y) "
        + "right font '\(PlotStyle.font),8' textcolor rgb '\(PlotStyle.quietInk)'")
  }
}
