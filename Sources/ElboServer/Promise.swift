import Synchronization

/// A result that one task waits for and another gives; the first given counts.
final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case open(CheckedContinuation<Value, any Error>?)
    case done(Result<Value, any Error>)
  }

  private let state = Mutex(State.open(nil))

  /// Whether there is a result.
  var isDone: Bool {
    state.withLock { if case .done = $0 { true } else { false } }
  }

  func finish(_ result: Result<Value, any Error>) {
    let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      guard case .open(let waiter) = state else { return nil }
      state = .done(result)
      return waiter
    }
    waiter?.resume(with: result)
  }

  /// The result. To be asked once.
  var value: Value {
    get async throws {
      try await withCheckedThrowingContinuation { continuation in
        let result = state.withLock { state -> Result<Value, any Error>? in
          if case .done(let result) = state { return result }
          state = .open(continuation)
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    }
  }
}
