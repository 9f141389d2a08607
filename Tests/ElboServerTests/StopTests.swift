import Foundation
import Testing

/// The program `elbo serve`, told to stop.
@Suite(.timeLimit(.minutes(2))) struct StopTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private var program: URL {
    Bundle.main.executableURL!.resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "elbo")
  }

  /// A request that has been sent gets its answer; then the program ends with status 0.
  @Test(arguments: [SIGINT, SIGTERM]) func requestsAreAnsweredBeforeTheEnd(signal: Int32) async throws {
    let path = try scratch.train("digits", "training.steps=2")
    let process = Process()
    process.executableURL = program
    // Requests wait for others for a second, so that the signal finds some under way.
    process.arguments = ["serve", path, "--port", "0", "--batch-wait", "1000", "--threads", "1"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      try #require(!more.isEmpty, "the program ended")
      line.append(more)
    }
    let address = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    let curl = Process()
    curl.executableURL = URL(filePath: "/usr/bin/env")
    curl.arguments = [
      "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/json", "-d",
      "{\"z\": [[0, 0]]}", address + "/v1/models/digits/decode",
    ]
    let answer = Pipe()
    curl.standardOutput = answer
    try curl.run()
    try await Task.sleep(for: .milliseconds(400))
    kill(process.processIdentifier, signal)
    let status = String(decoding: answer.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    curl.waitUntilExit()
    process.waitUntilExit()
    #expect(status == "200")
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
  }
}
