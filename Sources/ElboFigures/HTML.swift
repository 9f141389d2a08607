import Foundation

/// Text made safe for HTML and XML.
package enum HTML {
  /// `text` as the content of an element or of a quoted attribute. Characters that XML cannot hold become
  /// `�`.
  package static func escape(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      case _ where isForbidden(scalar.value):
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isForbidden(_ value: UInt32) -> Bool {
    value < 0x20 || (0x7F...0x9F).contains(value) || value & 0xFFFE == 0xFFFE
  }

  /// An element with escaped text in it.
  package static func element(_ name: String, _ text: String, class style: String = "") -> String {
    "<\(name)\(style.isEmpty ? "" : " class=\"\(style)\"")>\(escape(text))</\(name)>"
  }

  /// Paragraphs of plain text, separated by blank lines.
  package static func paragraphs(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    return lines.split(separator: "").map { element("p", $0.joined(separator: " ")) }.joined(separator: "\n")
  }
}
