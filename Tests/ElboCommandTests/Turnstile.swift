import Foundation
import Synchronization

/// Lets as many programs run at once as there are cores. Those that wait block no thread, so that the tests
/// of other targets, which have time limits, run meanwhile.
final class Turnstile: Sendable {
  static let shared = Turnstile()

  private struct State {
    var free = ProcessInfo.processInfo.activeProcessorCount
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  /// Returns when there is room.
  func enter() async {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if goesOn { continuation.resume() }
    }
  }

  /// Makes room for one.
  func leave() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.free += 1
      return nil
    }
    next?.resume()
  }
}
