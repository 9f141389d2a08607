import Elbo
import Foundation

/// How far an evaluation is, on standard error: a line that is redrawn on a terminal, a line every tenth of a task
/// that takes longer than five seconds elsewhere.
final class EvaluationBar {
  private let isTerminal = isatty(2) == 1
  private let clock = ContinuousClock()
  private var task = ""
  private var start = ContinuousClock.now
  private var lastDrawn = ContinuousClock.now
  private var lastTenth = 0

  func show(_ progress: EvaluationProgress) {
    let now = clock.now
    if progress.task != task { (task, start, lastTenth) = (progress.task, now, 0) }
    let seconds = (now - start) / .seconds(1)
    let left = seconds / Double(max(progress.done, 1)) * Double(progress.total - progress.done)
    let line = String(
      format: "%@ %d/%d  %.0f s, %.0f s left", progress.task, progress.done, progress.total, seconds, left)
    if isTerminal {
      guard now - lastDrawn > .milliseconds(100) else { return }
      lastDrawn = now
      FileHandle.standardError.write(Data("\r\u{1B}[K\(line)".utf8))
    } else {
      let tenth = progress.done * 10 / max(progress.total, 1)
      guard seconds > 5, tenth > lastTenth else { return }
      lastTenth = tenth
      note(line)
    }
  }

  /// Makes room for other lines.
  func clear() { if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }
}
