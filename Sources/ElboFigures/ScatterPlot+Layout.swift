import Foundation

extension ScatterPlot {
  /// Where the frames and the legend stand, in CSS pixels, and the axes all frames share.
  struct Layout {
    static let widestLegend = 170.0
    private static let columns = 3
    private static let gap = 24

    let size: PictureSize
    let frames: [Frame]
    let legendLeft: Int
    let xAxis: Axis
    let yAxis: Axis

    init(_ plot: ScatterPlot) {
      (xAxis, yAxis) = Self.axes(plot)
      let columns = min(max(plot.panels.count, 1), Self.columns)
      let rows = (max(plot.panels.count, 1) + columns - 1) / columns
      let side = columns == 1 ? 440 : columns == 2 ? 330 : 270
      let tickWidth = yAxis.labels.map { TextMetrics.width(of: $0) }.max() ?? 0
      let left = Int(tickWidth) + 42
      let panelHead = plot.panels.contains { !$0.title.isEmpty } ? 24 : 4
      let foot = 52
      let rowHeight = side + panelHead + foot
      legendLeft = left + columns * side + (columns - 1) * Self.gap + 8

      let names = plot.classNames.map { min(TextMetrics.width(of: $0), Self.widestLegend) }
      let legendWidth = names.max().map { Int($0) + 48 } ?? 20
      let width = legendLeft + legendWidth
      let legendHeight = Int(Double(names.count) * Double(PlotStyle.lineHeight) * 1.15)
      let height =
        PlotStyle.titleHeight(plot.title, width: width - left)
        + max(rows * rowHeight, legendHeight + panelHead + 12)
      size = PictureSize(width: width, height: height)
      let top = height - PlotStyle.titleHeight(plot.title, width: width - left)
      frames = plot.panels.indices.map { index in
        Frame(
          left: left + (index % columns) * (side + Self.gap),
          bottom: top - (index / columns) * rowHeight - panelHead - side, width: side, height: side)
      }
    }

    /// Left edge of frame `index`.
    func left(_ index: Int) -> Int { frames.isEmpty ? 0 : frames[index].left }

    /// Whether frame `index` starts a row.
    func isLeftmost(_ index: Int) -> Bool { index % Self.columns == 0 }

    /// One square range, so that a unit is as long on both axes and in every frame.
    private static func axes(_ plot: ScatterPlot) -> (Axis, Axis) {
      var bounds: (x: ClosedRange<Double>?, y: ClosedRange<Double>?) = (nil, nil)
      func widened(_ range: ClosedRange<Double>?, by value: Double) -> ClosedRange<Double> {
        guard let range else { return value...value }
        return min(range.lowerBound, value)...max(range.upperBound, value)
      }
      for panel in plot.panels {
        for index in 0..<(panel.points.count / 2) {
          let (x, y) = (Double(panel.points[2 * index]), Double(panel.points[2 * index + 1]))
          guard x.isFinite, y.isFinite else { continue }
          bounds = (widened(bounds.x, by: x), widened(bounds.y, by: y))
        }
        for mark in panel.marks where mark.x.isFinite && mark.y.isFinite {
          bounds = (widened(bounds.x, by: mark.x), widened(bounds.y, by: mark.y))
        }
      }
      let x = bounds.x ?? -1...1
      let y = bounds.y ?? -1...1
      let extent = max(x.upperBound - x.lowerBound, y.upperBound - y.lowerBound)
      let half = extent > 0 ? extent * 0.53 : 1
      func square(_ range: ClosedRange<Double>) -> Axis {
        let middle = range.lowerBound / 2 + range.upperBound / 2
        return Axis((middle - half)...(middle + half), ticks: plot.panels.count < 2 ? 6 : 4)
      }
      return (square(x), square(y))
    }
  }
}
