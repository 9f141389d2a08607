import Elbo
import ElboServer
import Foundation
import Testing

/// Following a log as it grows.
@Suite(.timeLimit(.minutes(5))) struct FollowerTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func append(_ text: String, to path: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  @Test func wholeLinesComeOnceWithTheirLearningRate() throws {
    let path = try scratch.train("digits", ["optimiser.learningRate=0.002"])
    let log = path + "/metrics.jsonl"
    var follower = try RunFollower(RunDirectory(existing: path))
    let first = follower.read()
    #expect(!first.isNew && first.lines.count == 4)
    #expect(first.lines[0].hasSuffix(",\"learningRate\":0.002}"))
    #expect(follower.read().lines.isEmpty)
    #expect(
      String(decoding: follower.health.bytes, as: UTF8.self).contains("\"kind\":\"collapsed-posterior\""))
    try append("{\"step\":8,\"phase\":\"train\",\"elbo\":", to: log)
    #expect(follower.read().lines.isEmpty)
    try append(
      "-1}\nno line\n{\"step\":9,\"phase\":\"guard\",\"foundAt\":8,\"text\":\"went back\"}\n", to: log)
    let rest = follower.read().lines
    #expect(rest.count == 2 && rest[0].hasPrefix("{\"step\":8,\"phase\":\"train\",\"elbo\":-1,"))
    // A return to an earlier state halves the rate.
    try append("{\"step\":9,\"phase\":\"train\",\"elbo\":-1}\n", to: log)
    #expect(follower.read().lines[0].hasSuffix(",\"learningRate\":0.001}"))
    try Data("{\"step\":1,\"phase\":\"train\",\"elbo\":-3}\n".utf8).write(
      to: URL(filePath: log), options: .atomic)
    let anew = follower.read()
    #expect(anew.isNew && anew.lines.count == 1 && anew.lines[0].contains("0.002"))
  }
}
