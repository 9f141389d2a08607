import Foundation

/// An image grid with a title, names of its rows and columns, and names of its two directions.
///
/// gnuplot sets the text; the images are copied into the page pixel by pixel, unblurred.
public struct CaptionedGrid: Sendable {
  /// The images.
  public var grid: ImageGrid
  /// Stands above the grid; empty for none.
  public var title: String
  /// Names of the rows from the top, at their left: "input", "sample", "mean".
  public var rowLabels: [String]
  /// Names of the columns from the left, below them; aslant where one is wider than its column.
  public var columnLabels: [String]
  /// What changes from left to right: "z₁".
  public var xLabel: String
  /// What changes from bottom to top: "z₂".
  public var yLabel: String

  /// A grid with its names.
  public init(
    _ grid: ImageGrid, title: String = "", rowLabels: [String] = [], columnLabels: [String] = [],
    xLabel: String = "", yLabel: String = ""
  ) {
    self.grid = grid
    self.title = title
    self.rowLabels = rowLabels
    self.columnLabels = columnLabels
    self.xLabel = xLabel
    self.yLabel = yLabel
  }

  /// The grid and its names as an image, of two pixels a CSS pixel.
  ///
  /// - Throws: `FigureError` where there are more names than rows or columns, where the grid's values do not
  ///   fit its sizes, or what gnuplot complained about.
  public func rendered(using gnuplot: Gnuplot) throws(FigureError) -> Bitmap {
    guard rowLabels.count <= grid.rows, columnLabels.count <= grid.columns else {
      throw FigureError(
        title.isEmpty ? "image grid" : title,
        "has \(rowLabels.count) names for \(grid.rows) rows and \(columnLabels.count) for \(grid.columns) columns"
      )
    }
    let images = try grid.rendered()
    let layout = layout(of: images)
    let path = FileManager.default.temporaryDirectory.path + "/elbo-\(UUID().uuidString).png"
    defer { unlink(path) }
    try gnuplot.run(script(layout), format: .png, to: path)
    let text = try Bitmap(contentsOf: path)
    var page = Bitmap(filled: 255, width: text.width, height: text.height, channels: 3)
    page.paste(text, column: 0, row: 0)
    page.paste(images, column: layout.left * PictureFormat.density, row: layout.top * PictureFormat.density)
    return page
  }

  /// Writes the grid and its names to `path` as PNG; the file appears complete or not at all.
  public func write(to path: String, using gnuplot: Gnuplot) throws(FigureError) {
    try rendered(using: gnuplot).write(to: path)
  }

  /// Sizes in CSS pixels.
  private struct Layout {
    var size: PictureSize
    var left: Int
    var top: Int
    var bottom: Int
    /// Whether the names of columns are written at 45 degrees.
    var isSlanted: Bool
  }

  private func layout(of images: Bitmap) -> Layout {
    let density = PictureFormat.density
    let width = (images.width + density - 1) / density
    let height = (images.height + density - 1) / density
    let rowLabelWidth = rowLabels.map { TextMetrics.width(of: $0) }.max().map { Int($0) + 14 } ?? 0
    let columnRoom = Double(grid.columnPitch) / Double(density)
    let isSlanted = columnLabels.contains { TextMetrics.width(of: $0) > columnRoom }
    // Names that end below the middle of their column reach to its left.
    let overhang = columnLabels.enumerated().map { column, name in
      extent(name) - columnRoom * (Double(column) + 0.5)
    }
    let left = max(
      8 + rowLabelWidth + (yLabel.isEmpty ? 0 : 20), isSlanted ? Int(overhang.max() ?? 0) + 12 : 0)
    // A page too narrow for its title is wider than its images.
    let pageWidth = max(left + width + 8, title.isEmpty ? 0 : 240)
    let top = title.isEmpty ? 8 : PlotStyle.titleHeight(title, width: pageWidth - left) + 4
    let columnLabelHeight =
      isSlanted ? Int(columnLabels.map(extent).max() ?? 0) + 8 : columnLabels.isEmpty ? 0 : 18
    let bottom = 8 + columnLabelHeight + (xLabel.isEmpty ? 0 : 20)
    return Layout(
      size: PictureSize(width: pageWidth, height: top + height + bottom), left: left, top: top,
      bottom: bottom,
      isSlanted: isSlanted)
  }

  /// How far a name reaches to the left and down when it is written at 45 degrees.
  private func extent(_ name: String) -> Double { TextMetrics.width(of: slanted(name)) * 0.5.squareRoot() }

  private func slanted(_ name: String) -> String { TextMetrics.shorten(name, width: 160) }

  private func script(_ layout: Layout) -> GnuplotScript {
    var script = GnuplotScript()
    script.add(PictureFormat.png.terminal(size: layout.size))
    PlotStyle.addDefaults(to: &script)
    PlotStyle.addTitle(title, size: layout.size, left: layout.left, to: &script)
    let density = Double(PictureFormat.density)
    func add(_ text: String, x: Double, y: Double, _ options: String) {
      guard !text.isEmpty else { return }
      let place = "\(x / Double(layout.size.width)),\(1 - y / Double(layout.size.height))"
      script.add(
        "set label \(GnuplotScript.quote(text)) at screen \(place) \(options) textcolor rgb '\(PlotStyle.ink)'"
      )
    }
    let middleOfColumn = Double(grid.gap) + Double(grid.imageWidth * grid.usedScale) / 2
    let middleOfRow = Double(grid.gap) + Double(grid.imageHeight * grid.usedScale) / 2
    for (row, name) in rowLabels.enumerated() {
      let y = Double(layout.top) + (middleOfRow + Double(row * grid.rowPitch)) / density
      add(name, x: Double(layout.left) - 8, y: y, "right")
    }
    let gridBottom = Double(layout.size.height - layout.bottom)
    for (column, name) in columnLabels.enumerated() {
      let x = Double(layout.left) + (middleOfColumn + Double(column * grid.columnPitch)) / density
      if layout.isSlanted {
        add(slanted(name), x: x + 4, y: gridBottom + 8, "right rotate by 45")
      } else {
        add(name, x: x, y: gridBottom + 10, "center")
      }
    }
    let gridWidth = Double(grid.columns * grid.columnPitch + grid.gap) / density
    add(xLabel, x: Double(layout.left) + gridWidth / 2, y: Double(layout.size.height) - 12, "center")
    add(yLabel, x: 12, y: (Double(layout.top) + gridBottom) / 2, "center rotate by 90")
    script.add("unset border")
    script.add("unset tics")
    script.add("set xrange [0:1]")
    script.add("set yrange [0:1]")
    script.add("plot NaN")
    return script
  }
}
