import Elbo
import ElboServer
import Foundation
import Testing
import Torch

/// Many requests at once, and new weights between them.
@Suite(.timeLimit(.minutes(5)), .serialized) struct LoadTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func requestsThatWaitPassTheModelTogether() async throws {
    let path = try scratch.train()
    try await withServer([path]) { server in
      let worker = server.server.models[0]
      let busy = try await BusyWorker(worker)
      let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
        // As many as URLSession has connections to a host.
        for index in 0..<6 {
          group.addTask {
            (index, try await server.post("/v1/models/digits/decode", "{\"z\": [[\(index), 0]]}"))
          }
        }
        while worker.depth < 6 { try await Task.sleep(for: .milliseconds(5)) }
        try await busy.end()
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count == 6 && answers.allSatisfy { $0.1.status == 200 })
      let passes = server.server.metrics.passes(of: "digits")
      #expect(passes == 1, "\(passes) passes for 6 requests")
      let alone = try await server.post("/v1/models/digits/decode", "{\"z\": [[3, 0]]}")
      let third = try #require(answers.first { $0.0 == 3 }?.1.matrix("x"))
      for (a, b) in zip(third[0], try #require(alone.matrix("x"))[0]) { #expect(abs(a - b) < 1e-5) }
      let page = try await server.send("/metrics").text
      #expect(page.contains("elbo_rows_total{model=\"digits\"} 7.0"))
      #expect(
        page.contains("elbo_http_requests_total{route=\"/v1/models/{name}/decode\",status=\"200\"} 7.0"))
    }
  }

  @Test func requestsBeyondTheQueueAreRefused() async throws {
    let path = try scratch.train()
    try await withServer([path], { $0.queueLimit = 2 }) { server in
      let busy = try await BusyWorker(server.server.models[0])
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let answer = try await server.post("/v1/models/digits/decode", "{\"z\": [[0, 0]]}")
            #expect(answer.status == 200 || (answer.headers["retry-after"] != nil && answer.message != nil))
            return answer.status
          }
        }
        var statuses: [Int] = []
        while let status = try await group.next() {
          statuses.append(status)
          // The others wait for the worker.
          if statuses.count == 6 { try await busy.end() }
        }
        return statuses
      }
      #expect(statuses == [429, 429, 429, 429, 429, 429, 200, 200])
    }
  }

  @Test func aRequestEndsAtItsDeadline() async throws {
    let path = try scratch.train()
    try await withServer([path], { $0.deadline = 0.1 }) { server in
      let busy = try await BusyWorker(server.server.models[0])
      let answer = try await server.post("/v1/models/digits/decode", "{\"z\": [[0, 0]]}")
      #expect(answer.status == 504)
      try await busy.end()
    }
  }

  /// A worker that is held up from its start to its end, or for a minute: how long other work takes is of no account.
  private struct BusyWorker {
    private let release = DispatchSemaphore(value: 0)
    private let task: Task<Void, any Error>

    init(_ worker: ModelWorker) async throws {
      let (begun, begin) = AsyncStream<Void>.makeStream()
      task = Task { [release] in
        try await worker.ask { _ in
          begin.finish()
          _ = release.wait(timeout: .now() + 60)
        }
      }
      for await _ in begun {}
    }

    func end() async throws {
      release.signal()
      try await task.value
    }
  }

  @Test func aNewCheckpointIsTakenAndADamagedOneIsNot() async throws {
    let path = try scratch.train()
    let other = try scratch.train("other", ["training.steps=9", "seed=5"])
    try await withServer([path]) { server in
      func decoded() async throws -> Answer {
        try await server.post("/v1/models/digits/decode", "{\"z\": [[0.3, 0.3]]}")
      }
      let before = try await decoded()
      let weights = "/checkpoints/last.safetensors"
      let manager = FileManager.default
      try manager.copyItem(atPath: other + weights, toPath: path + "/new")
      #expect(rename(path + "/new", path + weights) == 0)
      var after = before
      for _ in 0..<600 where after.json["step"] as? Int == 6 {
        try await Task.sleep(for: .milliseconds(50))
        after = try await decoded()
      }
      #expect(after.json["step"] as? Int == 9 && after.matrix("x") != before.matrix("x"))
      try Data("no weights".utf8).write(to: URL(filePath: path + "/bad"))
      #expect(rename(path + "/bad", path + weights) == 0)
      var problem: String?
      for _ in 0..<600 where problem == nil {
        try await Task.sleep(for: .milliseconds(50))
        problem = try await server.send("/v1/models/digits").json["problem"] as? String
      }
      #expect(problem != nil)
      #expect(try await decoded().matrix("x") == after.matrix("x"))
    }
  }

  @Test func aRunWithoutACheckpointIsServedOnceItHasOne() async throws {
    let path = try scratch.train()
    let weights = path + "/checkpoints/last.safetensors"
    try FileManager.default.moveItem(atPath: weights, toPath: path + "/kept")
    try await withServer([path]) { server in
      let early = try await server.post("/v1/models/digits/decode", "{\"z\": [[0, 0]]}")
      #expect(early.status == 503 && early.message?.contains("no checkpoint yet") == true)
      #expect(rename(path + "/kept", weights) == 0)
      var status = 503
      for _ in 0..<600 where status == 503 {
        try await Task.sleep(for: .milliseconds(50))
        status = try await server.post("/v1/models/digits/decode", "{\"z\": [[0, 0]]}").status
      }
      #expect(status == 200)
    }
  }

  @Test func queuesGatherByKindAndRows() throws {
    let queue = JobQueue<Int>(limit: 5, rows: 4, patience: 0)
    let decode = ModelRequest(.decode).kind
    let encode = ModelRequest(.encode).kind
    for (job, kind, rows) in [(1, decode, 2), (2, encode, 1), (3, decode, 2), (4, decode, 1)] {
      try queue.submit(job, kind: kind, rows: rows)
    }
    try queue.submit(5, kind: nil, rows: 1)
    #expect(throws: JobQueue<Int>.Refusal.full) { try queue.submit(6, kind: nil, rows: 1) }
    #expect(queue.next(idleFor: 0).jobs == [1, 3])
    #expect(queue.next(idleFor: 0).jobs == [2])
    queue.close()
    #expect(throws: JobQueue<Int>.Refusal.closed) { try queue.submit(7, kind: nil, rows: 1) }
    #expect(queue.next(idleFor: 0).jobs == [4])
    #expect(queue.next(idleFor: 0).jobs == [5])
    #expect(queue.next(idleFor: 0).isClosed)
  }
}
