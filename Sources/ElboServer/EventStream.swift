import Elbo
import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events that follow all runs: 'run' with what a run is to become, first of all and where its log began
/// anew; 'metrics' with new lines of a log; 'model' where other weights are served.
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
        var text = "retry: 1000\n\n"
        for (model, follower) in zip(models, followers) { text += Self.event("run", model, follower.plan) }
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
          var hasMore = false
          for (index, model) in models.enumerated() {
            let news = followers[index].read()
            if news.isNew { text += Self.event("run", model, followers[index].plan) }
            if !news.lines.isEmpty {
              text += Self.event("metrics", model, Self.metrics(news.lines, of: followers[index]))
              hasMore = true
            }
            if let step = model.description?.step, step != steps[index] {
              steps[index] = step
              text += Self.event("model", model, ["step": .int(step)])
            }
          }
          if text.isEmpty, last.duration(to: .now) > .seconds(Self.quietFor) { text = ": still here\n\n" }
          if !text.isEmpty {
            last = .now
            try await writer.write(ByteBuffer(string: text))
            text = ""
          }
          if !hasMore { await Self.wait(pollEvery) }
        }
        try await writer.finish(nil)
      })
  }

  private static func metrics(_ lines: [String], of follower: RunFollower) -> JSON {
    [
      "age": .number(max(0, -follower.changed.timeIntervalSinceNow)), "health": follower.health,
      "lines": .text("[\(lines.joined(separator: ","))]"),
    ]
  }

  private static func event(_ name: String, _ model: ModelWorker, _ members: JSON) -> String {
    guard case .object(var members) = members else { return "" }
    members["run"] = .string(model.name)
    return "event: \(name)\ndata: \(String(decoding: JSON.object(members).bytes, as: UTF8.self))\n\n"
  }

  /// Waits, but not once the server is to stop.
  private static func wait(_ seconds: Double) async {
    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(seconds)) }
  }
}
