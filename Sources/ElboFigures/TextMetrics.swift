import Foundation

/// Estimates of how much room text takes, good enough to reserve margins and break lines.
package enum TextMetrics {
  /// Width of `text` in CSS pixels at `size` points.
  package static func width(of text: String, size: Double = Double(PlotStyle.textSize)) -> Double {
    let units = text.reduce(0.0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      switch scalar.value {
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFF00...0xFF60,
        0x1F300...0x1FAFF:
        return sum + 1.05
      case 0x30...0x39: return sum + 0.64
      default: return sum + ("ijltfrI.,:;'|!()[] ".contains(character) ? 0.38 : 0.61)
      }
    }
    return units * size * PlotStyle.pixelsPerPoint
  }

  /// `text` broken at its line breaks, and between words where it is wider than `width`.
  ///
  /// A word wider than that is cut with an ellipsis.
  package static func wrap(
    _ text: String, width limit: Double, size: Double = Double(PlotStyle.textSize)
  ) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph -> [String] in
      var lines: [String] = []
      var line = ""
      for word in paragraph.split(separator: " ") {
        let longer = line.isEmpty ? String(word) : line + " " + word
        if line.isEmpty || width(of: longer, size: size) <= limit {
          line = longer
        } else {
          lines.append(line)
          line = String(word)
        }
      }
      lines.append(line)
      return lines.map { shorten($0, width: limit, size: size) }
    }
  }

  /// `text`, cut with an ellipsis where it is wider than `width`.
  package static func shorten(
    _ text: String, width limit: Double, size: Double = Double(PlotStyle.textSize)
  ) -> String {
    guard width(of: text, size: size) > limit else { return text }
    var kept = text
    while !kept.isEmpty, width(of: kept + "…", size: size) > limit { kept.removeLast() }
    return kept + "…"
  }
}
