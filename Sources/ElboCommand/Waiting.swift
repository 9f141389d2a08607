import Foundation
import Synchronization

/// Does work that a person may have to wait for: from its second second on, the terminal shows what is done and for how
/// long, and how far it is where the work tells.
///
/// - Parameter work: given what it tells how many parts are done, of how many.
func waiting<Result>(_ task: String, _ work: (_ told: (_ done: Int, _ total: Int) -> Void) throws -> Result)
  rethrows -> Result
{
  guard StatusLine.shared.isVisible else { return try work { _, _ in } }
  let line = WaitingLine(task)
  defer { line.end() }
  return try work { line.tell($0, $1) }
}

/// A line that a clock redraws while the work itself says nothing.
private final class WaitingLine: Sendable {
  private let task: String
  private let start = ContinuousClock.now
  private let parts = Mutex((done: 0, total: 0))
  private let hasEnded = Mutex(false)

  init(_ task: String) {
    self.task = task
    Thread.detachNewThread { [self] in
      while !hasEnded.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.2)
        draw()
      }
    }
  }

  func tell(_ done: Int, _ total: Int) { parts.withLock { $0 = (done, total) } }

  func end() {
    hasEnded.withLock { ended in
      ended = true
      StatusLine.shared.clear()
    }
  }

  private func draw() {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard seconds > 1 else { return }
    let (done, total) = parts.withLock { $0 }
    let share = total > 0 ? " \(done)/\(total)" : ""
    let left =
      done > 0 && done < total
      ? String(format: ", %.0f s left", seconds / Double(done) * Double(total - done)) : ""
    // Under the lock: nothing may be drawn once the work is done.
    hasEnded.withLock { ended in
      if !ended { StatusLine.shared.draw(task + share + String(format: "  %.0f s", seconds) + left) }
    }
  }
}
