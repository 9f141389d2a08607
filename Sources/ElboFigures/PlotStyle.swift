import Foundation

/// The look that all charts share: light background, quiet axes, colours that colour-blind readers can tell
/// apart.
package enum PlotStyle {
  /// Comes with fontconfig, on which gnuplot's Cairo terminals depend.
  static let font = "DejaVu Sans"
  /// Of axis labels, legends and ticks, in points.
  static let textSize = 10
  /// CSS pixels a point.
  static let pixelsPerPoint = 4.0 / 3
  /// Of the title, in points.
  static let titleSize = 12
  /// Height of a line of text, in CSS pixels.
  static let lineHeight = 18

  static let ink = "#222222"
  static let quietInk = "#5f5f5f"
  static let axis = "#8a8a8a"
  static let gridLine = "#e6e6e6"

  /// Okabe and Ito's set without its yellow, which vanishes on white.
  static let few: [RGB] = [
    RGB(0x0072B2), RGB(0xD55E00), RGB(0x009E73), RGB(0xCC79A7), RGB(0xE69F00), RGB(0x56B4E9), RGB(0x444444),
  ]
  /// Ten colours that stay apart in luminance too (Petroff, arXiv:2107.02270), reordered; grey is darker.
  static let many: [RGB] = [
    RGB(0x3F90DA), RGB(0xFFA90E), RGB(0xBD1F01), RGB(0x3A3F45), RGB(0x832DB6), RGB(0xA96B59), RGB(0xE76300),
    RGB(0xB9AC70), RGB(0x8C9196), RGB(0x62C8CC),
  ]

  /// The colour of class or series `index` of `count`; they repeat where there are more than ten.
  static func color(_ index: Int, of count: Int) -> RGB {
    let palette = count <= few.count ? few : many
    return palette[index % palette.count]
  }

  /// Viridis (van der Walt and Smith): even steps of lightness, readable without colour.
  static let viridis = [
    "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151",
    "#bddf26", "#fde725",
  ]

  /// The settings every chart starts from.
  static func addDefaults(to script: inout GnuplotScript) {
    script.add("set encoding utf8")
    script.add("set border 3 linewidth 1 linecolor rgb '\(axis)'")
    script.add("set tics nomirror out scale 0.5 textcolor rgb '\(ink)'")
    script.add("set grid linetype 1 linewidth 0.7 linecolor rgb '\(gridLine)' back")
    script.add("set key noautotitle textcolor rgb '\(ink)'")
    script.add("unset key")
    script.add("set style textbox opaque fillcolor rgb '#30ffffff' noborder margins 0.3,0.3")
  }

  /// The script's title, wrapped to the width of the page, at its top left.
  static func addTitle(_ title: String, size: PictureSize, left: Int, to script: inout GnuplotScript) {
    guard !title.isEmpty else { return }
    for (index, line) in titleLines(title, width: size.width - left).enumerated() {
      let y = Double(size.height - 20 - index * 22) / Double(size.height)
      script.add(
        "set label \(GnuplotScript.quote(line)) at screen \(Double(left) / Double(size.width)),\(y) left "
          + "font '\(font)'.bold.',\(titleSize)' textcolor rgb '\(ink)'")
    }
  }

  /// Height that the title takes, in CSS pixels.
  static func titleHeight(_ title: String, width: Int) -> Int {
    title.isEmpty ? 12 : 14 + 22 * titleLines(title, width: width).count
  }

  private static func titleLines(_ title: String, width: Int) -> [String] {
    TextMetrics.wrap(title, width: Double(width - 16), size: Double(titleSize) * 1.12)
  }

  /// Places the plot's frame: distances from the page's left and bottom edge, in CSS pixels.
  static func addFrame(_ frame: Frame, size: PictureSize, to script: inout GnuplotScript) {
    let width = Double(size.width)
    let height = Double(size.height)
    script.add("set lmargin at screen \(Double(frame.left) / width)")
    script.add("set rmargin at screen \(Double(frame.left + frame.width) / width)")
    script.add("set bmargin at screen \(Double(frame.bottom) / height)")
    script.add("set tmargin at screen \(Double(frame.bottom + frame.height) / height)")
  }

  /// Names the horizontal axis, below its ticks.
  static func addXLabel(_ label: String, to script: inout GnuplotScript) {
    script.add("set xlabel \(GnuplotScript.quote(label)) offset 0,0.2 textcolor rgb '\(ink)'")
  }

  /// Says in the middle of an empty frame why it is empty.
  static func addNothingToShow(to script: inout GnuplotScript) {
    script.add(
      "set label 'no finite values' at graph 0.5,0.5 center front boxed textcolor rgb '\(quietInk)'")
  }
}

/// A rectangle on the page, in CSS pixels from the lower left corner.
package struct Frame: Sendable {
  var left: Int
  var bottom: Int
  var width: Int
  var height: Int
}

/// A colour, eight bits a channel.
package struct RGB: Sendable, Hashable {
  let value: UInt32

  init(_ value: UInt32) { self.value = value }

  /// `#rrggbb`.
  var hex: String { "#" + String(value | 0x100_0000, radix: 16).dropFirst() }

  /// The colour mixed with white: 0 leaves it, 1 is white.
  func lightened(by amount: Double) -> RGB {
    let channels = [16, 8, 0].map { shift -> UInt32 in
      let channel = Double((value >> UInt32(shift)) & 0xFF)
      return UInt32(channel + (255 - channel) * amount) << UInt32(shift)
    }
    return RGB(channels.reduce(0, |))
  }

  /// gnuplot's number for the colour, whose top byte is transparency.
  func transparent(opacity: Double) -> UInt32 {
    UInt32((255 * (1 - min(max(opacity, 0), 1))).rounded()) << 24 | value
  }
}
