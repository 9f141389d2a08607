import Foundation

/// A value over the plane as colour, with a colour bar and, where asked for, contour lines.
public struct HeatMap: Plot {
  /// Stands above the frame; empty for none.
  public var title: String
  /// Horizontal axis label.
  public var xLabel: String
  /// Vertical axis label.
  public var yLabel: String
  /// What the colours mean, with the unit; stands beside the colour bar.
  public var valueLabel: String
  /// Values by row: shape [rows, columns]. The first row is at the lowest y, the first column at the lowest
  /// x. What is not finite stays white.
  public var values: [Double]
  /// Rows of the grid, at least 2.
  public var rows: Int
  /// Columns of the grid, at least 2.
  public var columns: Int
  /// Positions of the first and last column.
  public var xRange: ClosedRange<Double>
  /// Positions of the first and last row.
  public var yRange: ClosedRange<Double>
  /// Values at the ends of the colour bar; nil for the smallest and largest there are.
  public var valueRange: ClosedRange<Double>?
  /// Values to draw contour lines at.
  public var contours: [Double]
  /// Places to point out.
  public var marks: [ScatterPlot.Mark]

  /// White on a dark shade, so that lines can be seen on every colour.
  private static let contourStyles = [
    "linewidth 2.4 linecolor rgb '#60000000'", "linewidth 1 linecolor rgb 'white'",
  ]

  /// A chart of `values`.
  public init(
    title: String, xLabel: String = "z₁", yLabel: String = "z₂", valueLabel: String, values: [Double],
    rows: Int, columns: Int, xRange: ClosedRange<Double>, yRange: ClosedRange<Double>,
    valueRange: ClosedRange<Double>? = nil, contours: [Double] = [], marks: [ScatterPlot.Mark] = []
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.valueLabel = valueLabel
    self.values = values
    self.rows = rows
    self.columns = columns
    self.xRange = xRange
    self.yRange = yRange
    self.valueRange = valueRange
    self.contours = contours
    self.marks = marks
  }

  /// A frame whose units are as long on both axes, unless it would be too thin to read.
  public var size: PictureSize { Layout(self).size }

  /// Where the parts of the chart stand, in CSS pixels, and the axis of the colour bar.
  private struct Layout {
    let size: PictureSize
    let frame: Frame
    let colorAxis: Axis

    init(_ map: HeatMap) {
      let finite = map.values.filter(\.isFinite)
      colorAxis = Axis(map.valueRange ?? (finite.min() ?? 0)...(finite.max() ?? 1), ticks: 5)
      let extent =
        (map.yRange.upperBound - map.yRange.lowerBound) / (map.xRange.upperBound - map.xRange.lowerBound)
      let ratio = extent.isFinite ? min(max(extent, 0.4), 1.4) : 1
      let width = ratio > 1 ? Int(440 / ratio) : 440
      let ticks = Axis(map.yRange).labels.map { TextMetrics.width(of: $0) }.max() ?? 0
      frame = Frame(left: Int(ticks) + 42, bottom: 52, width: width, height: Int(Double(width) * ratio))
      let barLabels = colorAxis.labels.map { TextMetrics.width(of: $0) }.max() ?? 0
      size = PictureSize(
        width: frame.left + frame.width + 46 + Int(barLabels) + 34,
        height: frame.bottom + frame.height + 14 + PlotStyle.titleHeight(map.title, width: frame.width + 100))
    }
  }

  /// Appends the commands that draw the chart.
  public func addCommands(to script: inout GnuplotScript) throws(FigureError) {
    guard rows >= 2, columns >= 2 else {
      throw FigureError(title, "has \(rows) rows and \(columns) columns, and a plane needs two of each")
    }
    let (cells, isTooLarge) = rows.multipliedReportingOverflow(by: columns)
    guard !isTooLarge, values.count == cells else {
      throw FigureError(title, "has \(values.count) values for \(rows) rows of \(columns)")
    }
    guard xRange.lowerBound < xRange.upperBound, yRange.lowerBound < yRange.upperBound,
      [xRange.lowerBound, xRange.upperBound, yRange.lowerBound, yRange.upperBound].allSatisfy(\.isFinite)
    else { throw FigureError(title, "has an axis without extent") }

    let layout = Layout(self)
    let frame = layout.frame
    let xStep = (xRange.upperBound - xRange.lowerBound) / Double(columns - 1)
    let yStep = (yRange.upperBound - yRange.lowerBound) / Double(rows - 1)
    let grid = script.data(count: rows) { row in
      values[(row * columns)..<((row + 1) * columns)].map(GnuplotScript.number).joined(separator: " ")
    }
    let places = "using (\(xRange.lowerBound)+$1*\(xStep)):(\(yRange.lowerBound)+$2*\(yStep)):3"
    let hasValues = values.contains(where: \.isFinite)
    let lines = hasValues ? addContours(grid: grid, places: places, to: &script) : nil

    PlotStyle.addTitle(title, size: layout.size, left: frame.left, to: &script)
    PlotStyle.addFrame(frame, size: layout.size, to: &script)
    // A cell reaches half a step beyond its position.
    script.add(
      Axis((xRange.lowerBound - xStep / 2)...(xRange.upperBound + xStep / 2), fitting: frame.width)
        .commands("x"))
    script.add(
      Axis((yRange.lowerBound - yStep / 2)...(yRange.upperBound + yStep / 2)).commands("y"))
    script.add("unset grid")
    PlotStyle.addXLabel(xLabel, to: &script)
    addSideLabels(layout, to: &script)
    addColorBar(layout, to: &script)
    for mark in marks where mark.x.isFinite && mark.y.isFinite { script.addMark(mark) }
    guard hasValues else {
      PlotStyle.addNothingToShow(to: &script)
      script.add("unset colorbox")
      script.add("plot NaN")
      return
    }
    var parts = ["\(grid) matrix \(places) with image"]
    if let lines {
      parts += Self.contourStyles.map { "\(lines) with lines \($0)" }
    }
    script.add("plot " + parts.joined(separator: ", \\\n  "))
  }

  /// Has gnuplot trace the contour lines into a block, whose name it returns.
  private func addContours(grid: String, places: String, to script: inout GnuplotScript) -> String? {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return nil }
    let levels = contours.filter { $0 > low && $0 < high }
    guard !levels.isEmpty else { return nil }
    script.add("set contour base")
    script.add("unset surface")
    script.add("set cntrparam levels discrete \(levels.map(GnuplotScript.number).joined(separator: ","))")
    script.add("set table $contours")
    script.add("splot \(grid) matrix \(places)")
    script.add("unset table")
    script.add("unset contour")
    script.add("set surface")
    return "$contours"
  }

  private func addSideLabels(_ layout: Layout, to script: inout GnuplotScript) {
    let (frame, size) = (layout.frame, layout.size)
    let middle = Double(frame.bottom + frame.height / 2) / Double(size.height)
    let barLabel = TextMetrics.shorten(valueLabel, width: Double(frame.height))
    for (label, x) in [(yLabel, 14), (barLabel, size.width - 14)] {
      script.add(
        "set label \(GnuplotScript.quote(label)) at screen \(Double(x) / Double(size.width)),\(middle) center "
          + "rotate by 90 textcolor rgb '\(PlotStyle.ink)'")
    }
  }

  private func addColorBar(_ layout: Layout, to script: inout GnuplotScript) {
    let (frame, colorAxis) = (layout.frame, layout.colorAxis)
    let stops = PlotStyle.viridis.enumerated().map { "\($0) '\($1)'" }.joined(separator: ", ")
    script.add("set palette defined (\(stops))")
    script.add(colorAxis.commands("cb"))
    script.add("set cbtics scale 0.4")
    let width = Double(layout.size.width)
    let height = Double(layout.size.height)
    script.add(
      "set colorbox user origin \(Double(frame.left + frame.width + 16) / width),\(Double(frame.bottom) / height) "
        + "size \(14 / width),\(Double(frame.height) / height) noborder")
    for level in contours where colorAxis.range.contains(level) {
      let y = (Double(frame.bottom) + colorAxis.fraction(of: level) * Double(frame.height)) / height
      let left = "screen \(Double(frame.left + frame.width + 16) / width),\(y)"
      let right = "screen \(Double(frame.left + frame.width + 30) / width),\(y)"
      for style in Self.contourStyles {
        script.add("set arrow from \(left) to \(right) nohead front \(style)")
      }
    }
  }
}
