import Foundation
import Synchronization

/// A line on standard error that shows how much of each file has come.
final class DownloadBar: Sendable {
  private let shown = Mutex<(file: String, percent: Int)>(("", -1))

  func show(_ file: String, _ received: Int, _ total: Int?) {
    let percent = total.map { $0 > 0 ? received * 100 / $0 : 100 } ?? -1
    // Elsewhere than on a terminal, a line a file.
    let isNews = shown.withLock { last in
      defer { last = (file, percent) }
      return StatusLine.shared.isVisible ? last != (file, percent) : last.file != file
    }
    guard isNews else { return }
    let text = percent >= 0 ? "\(file) \(percent)%" : "\(file) \(received) bytes"
    if StatusLine.shared.isVisible { StatusLine.shared.draw(text) } else { note("fetching \(file)") }
  }

  func finish() { StatusLine.shared.clear() }
}
