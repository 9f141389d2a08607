import Foundation
import Synchronization

/// A run that trains in the background, as the events it tells of: for apps, whose main actor must not wait for it.
///
/// ```swift
/// for try await event in TrainingStream(configuration, out: "runs/digits") {
///   if case .stepped(let progress, _) = event { bar.fraction = Double(progress.step) / Double(progress.steps) }
/// }
/// ```
///
/// ``stop()`` has the run stop after the step at hand, with a checkpoint to go on from; the stream ends once that is
/// written. A loop that is left, or a task that is cancelled, asks for the same and does not wait. An app that is slow to
/// take events gets the newest 256. A stream is read once.
public struct TrainingStream: AsyncSequence, Sendable {
  /// What happens while the run trains.
  public typealias Element = TrainingEvent

  private let events: AsyncThrowingStream<TrainingEvent, any Error>
  private let request = EarlyStop()

  /// A new run, as `TrainingSession` makes it.
  ///
  /// The stream throws what that, or the training, throws: a `DiagnosedError`.
  public init(_ configuration: RunConfiguration, out: String? = nil) {
    self.init { observer in try TrainingSession(configuration, out: out, observers: [observer]) }
  }

  /// The run in a folder, from its newest sound checkpoint on.
  ///
  /// - Parameters:
  ///   - path: the run's folder.
  ///   - settings: assignments "key=value" of keys that may change in a run.
  public init(resuming path: String, settings: [String] = []) {
    self.init { observer in
      try TrainingSession(resuming: path, settings: settings, observers: [observer])
    }
  }

  private init(_ session: @escaping @Sendable (any TrainingObserver) throws -> TrainingSession) {
    let (stream, continuation) = AsyncThrowingStream.makeStream(
      of: TrainingEvent.self, bufferingPolicy: .bufferingNewest(256))
    events = stream
    continuation.onTermination = { [request] _ in request.stop() }
    // A thread of its own, with room for deep graphs: training blocks, and tasks' threads are few.
    let thread = Thread { [request] in
      do {
        let session = try session(StreamObserver(continuation))
        request.take(session.trainer.stopRequest)
        _ = try session.run()
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Has the run stop after the step at hand.
  public func stop() { request.stop() }

  /// The events in their order.
  public func makeAsyncIterator() -> AsyncThrowingStream<TrainingEvent, any Error>.Iterator {
    events.makeAsyncIterator()
  }
}

/// A request to stop that may come before there is a session to stop.
private final class EarlyStop: Sendable {
  private let state = Mutex<(isMade: Bool, request: StopRequest?)>((false, nil))

  func stop() {
    state.withLock { state in
      state.isMade = true
      state.request?.make()
    }
  }

  func take(_ request: StopRequest) {
    state.withLock { state in
      state.request = request
      if state.isMade { request.make() }
    }
  }
}

/// Hands events on.
private final class StreamObserver: TrainingObserver {
  private let continuation: AsyncThrowingStream<TrainingEvent, any Error>.Continuation

  init(_ continuation: AsyncThrowingStream<TrainingEvent, any Error>.Continuation) {
    self.continuation = continuation
  }

  func receive(_ event: TrainingEvent, from session: TrainingSession) { continuation.yield(event) }
}
