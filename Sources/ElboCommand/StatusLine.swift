import Foundation
import Synchronization

/// The line of a terminal's standard error that is drawn again and again while a person waits. Elsewhere than on a
/// terminal nothing of it is written.
final class StatusLine: Sendable {
  static let shared = StatusLine()

  /// Whether there is a terminal that can take a line back.
  let isVisible = isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private let isDrawn = Mutex(false)

  /// Replaces the line.
  func draw(_ text: String) {
    guard isVisible else { return }
    isDrawn.withLock { drawn in
      // A line that wraps could not be drawn over.
      write("\r\u{1B}[K" + text.prefix(columns - 1))
      drawn = true
    }
  }

  /// Takes the line off the terminal.
  func clear() {
    isDrawn.withLock { drawn in
      if drawn { write("\r\u{1B}[K") }
      drawn = false
    }
  }

  /// Writes a line that stays, where the drawn one was.
  func write(line: String) {
    isDrawn.withLock { drawn in
      write((drawn ? "\r\u{1B}[K" : "") + line + "\n")
      drawn = false
    }
  }

  /// The terminal's width, in characters.
  private var columns: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1 ? Int(size.ws_col) : 80
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
