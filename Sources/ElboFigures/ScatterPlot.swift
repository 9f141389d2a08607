import Foundation

/// Points of the plane coloured by class, in one frame or in several side by side that share their axes.
///
/// Points are drawn in the order given, so that no class hides the others; those with a coordinate that is
/// not finite are left out.
public struct ScatterPlot: Plot {
  /// A place to point out.
  public struct Mark: Sendable {
    /// Horizontal position.
    public var x: Double
    /// Vertical position.
    public var y: Double
    /// Stands beside it; empty for none.
    public var label: String

    /// A ring at (`x`, `y`).
    public init(x: Double, y: Double, label: String = "") {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// One frame.
  public struct Panel: Sendable {
    /// Stands above the frame: "zero noise".
    public var title: String
    /// Coordinates x0 y0 x1 y1 ...: shape [N, 2].
    public var points: [Float]
    /// Class of each point, an index into the chart's class names: N values, or none at all for one class.
    public var classes: [Int]
    /// Places to point out.
    public var marks: [Mark]

    /// A frame of `points`.
    public init(title: String = "", points: [Float], classes: [Int] = [], marks: [Mark] = []) {
      self.title = title
      self.points = points
      self.classes = classes
      self.marks = marks
    }
  }

  /// Stands above the panels; empty for none.
  public var title: String
  /// Horizontal axis label.
  public var xLabel: String
  /// Vertical axis label.
  public var yLabel: String
  /// What the legend calls the classes.
  public var classNames: [String]
  /// From left to right, three a row.
  public var panels: [Panel]
  /// From 0, invisible, to 1; nil lets many points be fainter than few.
  public var opacity: Double?

  /// A chart of `panels` with the same scale on all axes.
  public init(
    title: String, xLabel: String = "z₁", yLabel: String = "z₂", classNames: [String] = [], panels: [Panel],
    opacity: Double? = nil
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.classNames = classNames
    self.panels = panels
    self.opacity = opacity
  }

  /// Square frames, with room for the legend at their right.
  public var size: PictureSize { Layout(self).size }

  /// Appends the commands that draw the chart.
  public func addCommands(to script: inout GnuplotScript) throws(FigureError) {
    try check()
    let layout = Layout(self)
    script.add("set multiplot")
    PlotStyle.addTitle(title, size: layout.size, left: layout.left(0), to: &script)
    for index in panels.indices {
      addPanel(index, layout: layout, to: &script)
      script.add("unset label")
    }
    script.add("unset multiplot")
  }

  private func check() throws(FigureError) {
    guard !panels.isEmpty else { throw FigureError(title, "has no panel to draw") }
    for panel in panels {
      let place = panel.title.isEmpty ? title : "\(title), \(panel.title)"
      guard panel.points.count.isMultiple(of: 2) else {
        throw FigureError(place, "has \(panel.points.count) coordinates, an odd number")
      }
      guard panel.classes.isEmpty || panel.classes.count == panel.points.count / 2 else {
        throw FigureError(place, "has \(panel.classes.count) classes for \(panel.points.count / 2) points")
      }
      let limit = max(classNames.count, 1)
      if let stray = panel.classes.first(where: { !(0..<limit).contains($0) }) {
        throw FigureError(place, "has a point of class \(stray), and \(classNames.count) class names")
      }
    }
  }

  private func addPanel(_ index: Int, layout: Layout, to script: inout GnuplotScript) {
    let panel = panels[index]
    let frame = layout.frames[index]
    PlotStyle.addFrame(frame, size: layout.size, to: &script)
    script.add(layout.xAxis.commands("x"))
    script.add(layout.yAxis.commands("y", showsLabels: layout.isLeftmost(index)))
    PlotStyle.addXLabel(xLabel, to: &script)
    let left = Double(frame.left) / Double(layout.size.width)
    if layout.isLeftmost(index) {
      let middle = Double(frame.bottom + frame.height / 2) / Double(layout.size.height)
      script.add(
        "set label \(GnuplotScript.quote(yLabel)) at screen \(14 / Double(layout.size.width)),\(middle) "
          + "center rotate by 90 textcolor rgb '\(PlotStyle.ink)'")
    }
    let panelTitle = TextMetrics.shorten(panel.title, width: Double(frame.width))
    script.add(
      "set label \(GnuplotScript.quote(panelTitle)) at screen \(left),graph 1 left offset 0,0.8 "
        + "textcolor rgb '\(PlotStyle.ink)'")
    addMarks(panel.marks, to: &script)

    let shown = (0..<(panel.points.count / 2)).filter {
      panel.points[2 * $0].isFinite && panel.points[2 * $0 + 1].isFinite
    }
    var parts: [String] = []
    if shown.isEmpty {
      PlotStyle.addNothingToShow(to: &script)
    } else {
      let alpha = opacity ?? min(0.9, max(0.25, 900 / Double(shown.count)))
      let pointSize = shown.count > 2000 ? 0.3 : shown.count > 300 ? 0.4 : 0.6
      let block = script.data(count: shown.count) { row in
        let point = shown[row]
        let color = color(panel.classes.isEmpty ? 0 : panel.classes[point]).transparent(opacity: alpha)
        return "\(panel.points[2 * point]) \(panel.points[2 * point + 1]) \(color)"
      }
      parts.append(
        "\(block) using 1:2:3 with points pointtype 7 pointsize \(pointSize) linecolor rgb variable")
    }
    script.add("unset key")
    if index == panels.count - 1, !classNames.isEmpty {
      let x = Double(layout.legendLeft) / Double(layout.size.width)
      let y = Double(layout.frames[0].bottom + layout.frames[0].height) / Double(layout.size.height)
      script.add("set key at screen \(x),\(y) left top vertical Left reverse samplen 0.4 spacing 1.15")
      for (number, name) in classNames.enumerated() {
        let shownName = TextMetrics.shorten(name.isEmpty ? " " : name, width: Layout.widestLegend)
        parts.append(
          "NaN with points pointtype 7 pointsize 0.8 linecolor rgb '\(color(number).hex)' "
            + "title \(GnuplotScript.quote(shownName))")
      }
    }
    script.add("plot " + (parts + ["NaN"]).joined(separator: ", \\\n  "))
  }

  private func color(_ number: Int) -> RGB { PlotStyle.color(number, of: classNames.count) }

  private func addMarks(_ marks: [Mark], to script: inout GnuplotScript) {
    for mark in marks where mark.x.isFinite && mark.y.isFinite {
      script.addMark(mark)
    }
  }
}

extension GnuplotScript {
  /// A ring with a name on a light ground, so that it can be read above dots.
  mutating func addMark(_ mark: ScatterPlot.Mark) {
    add(
      "set label ' ' at \(mark.x),\(mark.y) front point pointtype 6 pointsize 1.3 linewidth 2.5 "
        + "linecolor rgb 'white'")
    add(
      "set label ' ' at \(mark.x),\(mark.y) front point pointtype 6 pointsize 1.3 linewidth 1.4 "
        + "linecolor rgb 'black'")
    guard !mark.label.isEmpty else { return }
    // gnuplot draws no box around a label that also has a point.
    add(
      "set label \(Self.quote(mark.label)) at \(mark.x),\(mark.y) front left offset 1.2,0.7 boxed "
        + "textcolor rgb 'black'")
  }
}
