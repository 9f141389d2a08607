import ElboFigures
import Foundation
import Testing

@Suite struct PlotTests {
  private static func draw(_ plot: some Plot) throws -> Bitmap {
    let scratch = try Scratch()
    try Gnuplot().draw(plot, to: scratch.file("a.png"))
    return try Bitmap(contentsOf: scratch.file("a.png"))
  }

  private static let oddValues: [[Double]] = [
    [], [.nan], [.nan, .infinity, -.infinity, .nan], [1], [2, 2, 2], [1e300, -1e300, 0], [1e-300, 2e-300],
    [-1, 0, -3],
  ]

  @Test(arguments: oddValues)
  func curvesOfAnyValuesAreDrawn(values: [Double]) throws {
    let steps = values.indices.map(Double.init)
    let line = CurvePlot.Series("a", x: steps, y: values, smoothing: 3)
    let panels = [
      CurvePlot.Panel(yLabel: "linear", series: [line], references: [.init(.nan, "none"), .init(1, "one")]),
      CurvePlot.Panel(yLabel: "logarithmic", series: [line], yScale: .logarithmic),
      CurvePlot.Panel(yLabel: "empty", series: []),
    ]
    let picture = try Self.draw(CurvePlot(title: "t", xLabel: "x", panels: panels))
    #expect(picture.width == 1520)
  }

  /// Higher values are higher on the page, on both scales, and the two panels keep their order.
  @Test(arguments: [AxisScale.linear, .logarithmic])
  func curvesStandWhereTheirValuesAre(scale: AxisScale) throws {
    let steps = [0.0, 1]
    let panels = [("low", 1.0), ("high", 8)].map { name, value in
      CurvePlot.Panel(
        yLabel: "y",
        series: [.init(name, x: steps, y: [value, value]), .init("top \(name)", x: steps, y: [10, 10])],
        yScale: scale, yRange: .fixed(0.5...12))
    }
    let picture = try Self.draw(CurvePlot(title: "", xLabel: "x", panels: panels))
    /// Middle of the rows that the colour fills from one side of the frame to the other.
    func lineHeight(_ color: UInt32) throws -> Double {
      let rows = Dictionary(grouping: picture.places(of: color), by: \.y).filter { $0.value.count > 800 }.keys
      return Double(try #require(rows.min()) + #require(rows.max())) / 2
    }
    let low = try lineHeight(0x0072B2)
    let top = try lineHeight(0xD55E00)
    let high = try lineHeight(0x009E73)
    let secondTop = try lineHeight(0xCC79A7)
    #expect(secondTop > low)
    // Each of two frames is 400 pixels high.
    func distance(to value: Double) -> Double {
      400 * (scale == .linear ? (10 - value) / 11.5 : log(10 / value) / log(12 / 0.5))
    }
    #expect(abs(low - top - distance(to: 1)) < 2.5)
    #expect(abs(high - secondTop - distance(to: 8)) < 2.5)
  }

  @Test func aFewExtremeValuesDoNotFlattenTheRest() throws {
    let steps = (0..<1000).map(Double.init)
    let values = steps.map { $0 < 5 ? 1000 : 10 + sin($0 / 50) }
    func spread(_ range: CurvePlot.VerticalRange) throws -> Int {
      let panel = CurvePlot.Panel(yLabel: "y", series: [.init("y", x: steps, y: values)], yRange: range)
      let rows = try Self.draw(CurvePlot(title: "", xLabel: "x", panels: [panel])).places(of: 0x0072B2)
        .filter { $0.x > 400 }.map(\.y)
      return try #require(rows.max()) - #require(rows.min())
    }
    #expect(try spread(.readable) > 300)
    #expect(try spread(.full) < 20)
  }

  @Test func dataThatDoNotFitTogetherAreTold() throws {
    let scratch = try Scratch()
    let plots: [any Plot] = [
      CurvePlot(title: "t", xLabel: "x", yLabel: "y", series: [.init("a", x: [1], y: [])]),
      CurvePlot(title: "t", xLabel: "x", panels: []), ScatterPlot(title: "t", panels: []),
      ScatterPlot(title: "t", panels: [.init(points: [1, 2, 3])]),
      ScatterPlot(title: "t", classNames: ["a"], panels: [.init(points: [1, 2], classes: [1])]),
      ScatterPlot(title: "t", classNames: ["a"], panels: [.init(points: [1, 2], classes: [-1])]),
      ScatterPlot(title: "t", classNames: ["a"], panels: [.init(points: [1, 2], classes: [0, 0])]),
      HeatMap(title: "t", valueLabel: "v", values: [1], rows: 1, columns: 1, xRange: 0...1, yRange: 0...1),
      HeatMap(
        title: "t", valueLabel: "v", values: [1, 2, 3], rows: 2, columns: 2, xRange: 0...1, yRange: 0...1),
      HeatMap(
        title: "t", valueLabel: "v", values: [1, 2, 3, 4], rows: 2, columns: 2, xRange: 0...0, yRange: 0...1),
      HeatMap(
        title: "t", valueLabel: "v", values: [1], rows: .max, columns: .max, xRange: 0...1, yRange: 0...1),
    ]
    for plot in plots {
      let error = try #require(throws: FigureError.self) {
        try Gnuplot().draw(plot, to: scratch.file("a.png"))
      }
      #expect(error.location.hasPrefix("t"))
    }
    #expect(try scratch.names.isEmpty)
  }

  /// Four classes at the corners of a rectangle: in the right corner, and a unit is as long on both axes.
  @Test func pointsStandWhereTheyAre() throws {
    let panel = ScatterPlot.Panel(
      points: [0, 0, 4, 0, 0, 2, 4, 2, .nan, 1, 1, .infinity], classes: [0, 1, 2, 3, 0, 0])
    let picture = try Self.draw(
      ScatterPlot(title: "", classNames: ["a", "b", "c", "d"], panels: [panel], opacity: 1))
    // Left of the legend, which shows the same colours.
    func center(_ color: UInt32) throws -> (x: Double, y: Double) {
      let found = picture.places(of: color).filter { $0.x < 1030 }
      let count = Double(try #require(found.isEmpty ? nil : found.count))
      return (Double(found.map(\.x).reduce(0, +)) / count, Double(found.map(\.y).reduce(0, +)) / count)
    }
    let corners = try [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7].map(center)
    let width = corners[1].x - corners[0].x
    #expect(abs(width - (corners[3].x - corners[2].x)) < 1)
    #expect(abs((corners[0].y - corners[2].y) - width / 2) < 1.5)
    #expect(abs(corners[0].y - corners[1].y) < 1)
    #expect(width > 500)
  }

  @Test(arguments: [[Float](), [.nan, .nan], [1e30, -1e30, 0, 0], [5, 5]])
  func scattersOfAnyPointsAreDrawn(points: [Float]) throws {
    let panels = (0..<4).map { ScatterPlot.Panel(title: "panel \($0)", points: points) }
    let picture = try Self.draw(ScatterPlot(title: "t", panels: panels))
    #expect(picture.height > picture.width / 3)
  }

  /// More classes than colours still draw.
  @Test func manyClassesAreDrawn() throws {
    let names = (0..<40).map { "class \($0)" }
    let points = (0..<80).map(Float.init)
    let panel = ScatterPlot.Panel(points: points, classes: Array(0..<40))
    let picture = try Self.draw(ScatterPlot(title: "t", classNames: names, panels: [panel]))
    #expect(picture.height > 40 * 2 * 18)
  }

  /// One low cell of four: its colour is at the lower left of the frame.
  @Test func heatMapsHaveTheirFirstRowBelow() throws {
    let map = HeatMap(
      title: "", valueLabel: "v", values: [0, 1, 1, 1], rows: 2, columns: 2, xRange: 0...1, yRange: 0...1)
    let picture = try Self.draw(map)
    let dark = picture.places(of: 0x440154).filter { $0.x < 1030 }
    let light = picture.places(of: 0xFDE725).filter { $0.x < 1030 }
    #expect(abs(Double(light.count) / Double(dark.count) - 3) < 0.1)
    let right = try #require(light.map(\.x).max())
    let left = try #require(dark.map(\.x).min())
    let middle = try #require(dark.map(\.x).max())
    #expect(abs(middle - (left + right) / 2) < 4)
    #expect(try #require(dark.map(\.y).min()) > #require(light.map(\.y).min()) + 300)
  }

  @Test(arguments: [
    [Double](repeating: .nan, count: 9), [Double](repeating: 2, count: 9),
    [0, 1, .nan, 3, 4, 5, 6, .infinity, 8],
  ])
  func heatMapsOfAnyValuesAreDrawn(values: [Double]) throws {
    let map = HeatMap(
      title: "t", valueLabel: "v", values: values, rows: 3, columns: 3, xRange: -1...1, yRange: 0...100,
      contours: [2, 2.5, 4], marks: [.init(x: 0, y: 50, label: "here"), .init(x: .nan, y: 0)])
    #expect(try Self.draw(map).width > 600)
  }
}
