import Elbo
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events that follow all runs: 'metrics' with new lines of a log, 'reset' where a log began anew, 'model'
/// where other weights are served.
struct EventStream: Sendable {
  let models: [ModelWorker]
  let pollEvery: Double

  private static let quietFor = 10.0

  func response() -> Response {
    Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
      body: .init { writer in
        var followers = models.map { RunFollower($0.directory) }
        var steps = [Int?](repeating: nil, count: models.count)
        var last = ContinuousClock.now
        // A client that lost the stream gets all of it again.
        try await writer.write(ByteBuffer(string: "retry: 1000\n\nevent: begin\ndata: {}\n\n"))
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
          var text = ""
          var hasMore = false
          for (index, model) in models.enumerated() {
            let (isNew, lines) = followers[index].read()
            if isNew { text += Self.event("reset", model.name, "") }
            if !lines.isEmpty {
              let age = Int(-followers[index].changed.timeIntervalSinceNow)
              text += Self.event(
                "metrics", model.name, ",\"age\":\(age),\"lines\":[\(lines.joined(separator: ","))]")
              hasMore = true
            }
            if let step = model.description?.step, step != steps[index] {
              steps[index] = step
              text += Self.event("model", model.name, ",\"step\":\(step)")
            }
          }
          if text.isEmpty, last.duration(to: .now) > .seconds(Self.quietFor) { text = ": still here\n\n" }
          if !text.isEmpty {
            last = .now
            try await writer.write(ByteBuffer(string: text))
          }
          if !hasMore { await Self.wait(pollEvery) }
        }
        try await writer.finish(nil)
      })
  }

  private static func event(_ name: String, _ run: String, _ members: String) -> String {
    let quoted = String(decoding: JSON.string(run).bytes, as: UTF8.self)
    return "event: \(name)\ndata: {\"run\":\(quoted)\(members)}\n\n"
  }

  /// Waits, but not once the server is to stop.
  private static func wait(_ seconds: Double) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
  }
}
