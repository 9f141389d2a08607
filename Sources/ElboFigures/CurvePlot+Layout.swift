import Foundation

extension CurvePlot {
  /// Where the parts of the chart stand, in CSS pixels, and the axes they show.
  struct Layout {
    static let width = 760
    private static let footHeight = 72

    let size: PictureSize
    let left: Int
    let yLabels: [[String]]
    let frames: [Frame]
    let legendLines: [Int]
    let xAxis: Axis
    let yAxes: [Axis]
    let offScale: Int

    init(_ plot: CurvePlot) {
      var yAxes: [Axis] = []
      var offScale = 0
      for panel in plot.panels {
        let (range, outside) = Self.verticalRange(panel)
        yAxes.append(Axis(range, scale: panel.yScale, ticks: plot.panels.count == 1 ? 6 : 4))
        offScale += outside
      }
      let positions = plot.panels.flatMap { $0.series.flatMap(\.x) }.filter {
        $0.isFinite && (plot.xScale == .linear || $0 > 0)
      }
      let tickWidth = yAxes.flatMap(\.labels).map { TextMetrics.width(of: $0) }.max() ?? 0
      let frameHeight = plot.panels.count == 1 ? 300 : plot.panels.count == 2 ? 200 : 160
      let yLabels = plot.panels.map { TextMetrics.wrap($0.yLabel, width: Double(frameHeight + 36)) }
      let yLabelLines = yLabels.map(\.count).max() ?? 1
      let left = Int(tickWidth) + 28 + PlotStyle.lineHeight * yLabelLines
      let references = plot.panels.flatMap(\.references).map { TextMetrics.width(of: $0.label) }.max()
      let right = references.map { min(Int($0), Self.width / 4) + 20 } ?? 28
      let frameWidth = Self.width - left - right
      let xAxis = Axis(
        (positions.min() ?? 0)...(positions.max() ?? 1), scale: plot.xScale, fitting: frameWidth)

      let legendLines = plot.panels.map { Self.legendLines($0, width: frameWidth) }
      let heights = legendLines.map { frameHeight + $0 * PlotStyle.lineHeight + 22 }
      let height =
        PlotStyle.titleHeight(plot.title, width: Self.width - left) + heights.reduce(0, +) + Self.footHeight
        - 8
      var frames: [Frame] = []
      var bottom = Self.footHeight
      for panelHeight in heights.reversed() {
        frames.insert(Frame(left: left, bottom: bottom, width: frameWidth, height: frameHeight), at: 0)
        bottom += panelHeight
      }
      size = PictureSize(width: Self.width, height: height)
      self.left = left
      self.yLabels = yLabels
      self.frames = frames
      self.legendLines = legendLines
      self.xAxis = xAxis
      self.yAxes = yAxes
      self.offScale = offScale
    }

    /// A single line that the axis label names already needs no legend.
    private static func legendLines(_ panel: Panel, width: Int) -> Int {
      guard panel.series.count > 1 || panel.series.first?.name != panel.yLabel else { return 0 }
      let widest = panel.series.map { TextMetrics.width(of: $0.name) }.max() ?? 0
      // As wide as gnuplot makes a column, which measures names more generously.
      let columns = max(1, Int(Double(width) / (1.1 * widest + 72)))
      return (panel.series.count + columns - 1) / columns
    }

    /// The range to show, and how many values lie outside.
    private static func verticalRange(_ panel: Panel) -> (ClosedRange<Double>, outside: Int) {
      let isLogarithmic = panel.yScale == .logarithmic
      func isShown(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }
      let values = panel.series.flatMap(\.y).filter(isShown).map { isLogarithmic ? log10($0) : $0 }.sorted()
      let references = panel.references.map(\.value).filter(isShown).map { isLogarithmic ? log10($0) : $0 }
      func back(_ value: Double) -> Double { isLogarithmic ? pow(10, value) : value }

      if case .fixed(let range) = panel.yRange {
        return (range, values.count { !range.contains(back($0)) })
      }
      guard var low = values.first, var high = values.last else {
        let low = references.min() ?? 0
        return (back(low)...back(references.max() ?? max(low, 1)), 0)
      }
      var outside = 0
      if panel.yRange == .readable, values.count >= 50 {
        let bulkLow = values[values.count / 50]
        let bulkHigh = values[values.count - 1 - values.count / 50]
        let bulk = bulkHigh - bulkLow
        if bulk > 0, high - low > 4 * bulk {
          low = max(low, bulkLow - 0.15 * bulk)
          high = min(high, bulkHigh + 0.15 * bulk)
          outside = values.count { $0 < low || $0 > high }
        }
      }
      low = references.min().map { min(low, $0) } ?? low
      high = references.max().map { max(high, $0) } ?? high
      let margin = 0.05 * (high - low)
      return (back(low - margin)...back(high + margin), outside)
    }
  }
}
