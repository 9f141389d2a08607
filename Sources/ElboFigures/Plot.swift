/// A chart that gnuplot draws; see ``Gnuplot/draw(_:to:)``.
public protocol Plot: Sendable {
  /// Room that the chart takes on a page.
  var size: PictureSize { get }
  /// Appends the commands that draw the chart, after those that select the terminal and the house style.
  ///
  /// - Throws: `FigureError` where the chart's data do not fit together.
  func addCommands(to script: inout GnuplotScript) throws(FigureError)
}
