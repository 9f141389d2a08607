import Foundation
import Testing

/// The program `elbo serve`, told to stop.
@Suite(.timeLimit(.minutes(5))) struct StopTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A request that has been sent gets its answer, and a page that follows the runs is let go; then the program ends
  /// with status 0.
  @Test(arguments: [SIGINT, SIGTERM]) func requestsAreAnsweredBeforeTheEnd(signal: Int32) async throws {
    let path = try scratch.train("digits", ["training.steps=2"])
    // Where there are several, requests wait for others for a second, so that the signal finds some under way.
    let server = try ServerProcess([path, "--batch-wait", "1000"])
    let follower = Task { try await server.send("/v1/events") }
    var answers: [Task<Answer, any Error>] = []
    var depth = "0.0"
    // Two that come at once wait, but each may find the model idle.
    for _ in 0..<100 where depth == "0.0" {
      for answer in answers { #expect(try await answer.value.status == 200) }
      answers = (0..<2).map { _ in
        Task { try await server.post("/v1/models/digits/decode", "{\"z\": [[0, 0]]}") }
      }
      try await Task.sleep(for: .milliseconds(30))
      let text = try await server.send("/metrics").text
      depth = try #require(text.firstMatch(of: /elbo_queue_depth\{model="digits"\} (\S+)/)).1.description
    }
    #expect(depth != "0.0")
    try await Task.sleep(for: .milliseconds(150))
    server.send(signal)
    for answer in answers { #expect(try await answer.value.status == 200) }
    #expect(try await follower.value.text.contains("event: metrics"))
    #expect(server.status() == 0)
    await #expect(throws: (any Error).self) { try await server.send("/health") }
  }

  @Test func aPortThatIsTakenIsSaid() async throws {
    let path = try scratch.train("digits", ["training.steps=2"])
    try await withServer([path]) { server in
      let errors = Pipe()
      let process = Process()
      process.executableURL = ServerProcess.program
      process.arguments = ["serve", path, "--port", "\(server.port)"]
      process.standardError = errors
      try process.run()
      let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 1 && text.split(separator: "\n").count == 1, "\(text)")
      #expect(text.contains("127.0.0.1:\(server.port)") && text.contains("choose another --port"), "\(text)")
    }
  }
}
