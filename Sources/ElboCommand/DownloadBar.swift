import Foundation
import Synchronization

/// A line on standard error that shows how much of each file has come.
final class DownloadBar: Sendable {
  private let isTerminal = isatty(2) == 1
  private let shown = Mutex<(file: String, percent: Int)>(("", -1))

  func show(_ file: String, _ received: Int, _ total: Int?) {
    let percent = total.map { $0 > 0 ? received * 100 / $0 : 100 } ?? -1
    // Elsewhere than on a terminal, a line a file.
    let isNews = shown.withLock { last in
      defer { last = (file, percent) }
      return isTerminal ? last != (file, percent) : last.file != file
    }
    guard isNews else { return }
    let text = percent >= 0 ? "\(file) \(percent)%" : "\(file) \(received) bytes"
    FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : "fetching \(file)\n").utf8))
  }

  func finish() { if isTerminal { FileHandle.standardError.write(Data("\n".utf8)) } }
}
