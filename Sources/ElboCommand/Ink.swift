import Foundation

/// Colours and weights of text, where a person reads it: on a terminal, unless `$NO_COLOR` is set (https://no-color.org)
/// or the terminal knows none.
enum Ink: String {
  case bold = "1"
  case red = "1;31"
  case yellow = "33"

  /// The text in this ink, if what the descriptor writes to shows it.
  func callAsFunction(_ text: String, on descriptor: Int32 = 2) -> String {
    Self.isShown(on: descriptor) ? "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" : text
  }

  private static func isShown(on descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    return isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }
}
