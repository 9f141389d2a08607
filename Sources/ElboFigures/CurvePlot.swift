import Foundation

/// Series over a common horizontal axis, in one panel or in several above each other.
///
/// Values that are not finite, and on a logarithmic axis those that are not positive, leave gaps.
public struct CurvePlot: Plot {
  /// A named line.
  public struct Series: Sendable {
    /// What the legend calls it.
    public var name: String
    /// Horizontal positions, as many as `y` has values.
    public var x: [Double]
    /// Values.
    public var y: [Double]
    /// Points in the moving mean; where it is above 1, the values themselves become a pale line behind it.
    public var smoothing: Int

    /// A line through (`x[i]`, `y[i]`).
    public init(_ name: String, x: [Double], y: [Double], smoothing: Int = 1) {
      self.name = name
      self.x = x
      self.y = y
      self.smoothing = smoothing
    }
  }

  /// A dashed horizontal line with its name beside the frame.
  public struct Reference: Sendable {
    /// Where it is.
    public var value: Double
    /// What stands beside it: "log 4".
    public var label: String

    /// A line at `value`.
    public init(_ value: Double, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  /// How the vertical range is found.
  public enum VerticalRange: Sendable, Hashable {
    /// Everything, unless a few extreme values would flatten the rest: then those leave the frame, and a line
    /// below the plot says how many.
    case readable
    /// Every finite value and reference.
    case full
    /// Exactly this one.
    case fixed(ClosedRange<Double>)
  }

  /// One frame with its own vertical axis.
  public struct Panel: Sendable {
    /// Vertical axis label, with the unit: "−ELBO (nats per example)".
    public var yLabel: String
    /// Lines, drawn in order.
    public var series: [Series]
    /// Values to compare with.
    public var references: [Reference]
    /// Linear or logarithmic.
    public var yScale: AxisScale
    /// How much of the axis is shown.
    public var yRange: VerticalRange

    /// A frame that shows `series`.
    public init(
      yLabel: String, series: [Series], references: [Reference] = [], yScale: AxisScale = .linear,
      yRange: VerticalRange = .readable
    ) {
      self.yLabel = yLabel
      self.series = series
      self.references = references
      self.yScale = yScale
      self.yRange = yRange
    }
  }

  /// Stands above the panels; empty for none.
  public var title: String
  /// Horizontal axis label, with the unit: "step".
  public var xLabel: String
  /// From top to bottom.
  public var panels: [Panel]
  /// Linear or logarithmic.
  public var xScale: AxisScale

  /// A chart of `panels` over one horizontal axis.
  public init(title: String, xLabel: String, panels: [Panel], xScale: AxisScale = .linear) {
    self.title = title
    self.xLabel = xLabel
    self.panels = panels
    self.xScale = xScale
  }

  /// A chart of one panel.
  public init(
    title: String, xLabel: String, yLabel: String, series: [Series], references: [Reference] = [],
    yScale: AxisScale = .linear
  ) {
    self.init(
      title: title, xLabel: xLabel,
      panels: [Panel(yLabel: yLabel, series: series, references: references, yScale: yScale)])
  }

  /// Grows with the number of panels and of legend lines.
  public var size: PictureSize { Layout(self).size }
}
