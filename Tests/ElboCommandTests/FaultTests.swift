import ElboData
import Foundation
import Testing

/// Runs that are killed again and again, and runs that others want too. `make study-faults` does far more of it.
@Suite(.timeLimit(.minutes(5))) struct FaultTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Five kills each, at moments that a seed decides; the run ends as if there had been none.
  @Test(arguments: ["avb-four-points", "vae-mnist"]) func killedRunsEndAsOthersDo(_ preset: String)
    async throws
  {
    let tiny = preset == "vae-mnist" ? Tiny.digits : Tiny.points
    let settings =
      tiny
      + Tiny.settings([
        "training.steps=1500", "training.logEvery=10", "checkpoint.every=150", "training.evaluateEvery=400",
        "guard=rollback",
      ])
    func train(_ name: String) -> [String] { ["train", preset, "--out", name, "--quiet"] + settings }
    /// What goes on with the run, or begins it anew where it has come to no checkpoint.
    func next() -> [String] {
      let names = (try? scratch.names("run/checkpoints")) ?? []
      if names.contains(where: { $0.hasSuffix(".sha256") }) {
        return ["train", "--resume", "run", "--quiet"]
      }
      try? FileManager.default.removeItem(atPath: scratch.file("run"))
      return train("run")
    }
    try await scratch.elbo.run(train("whole")).expectSuccess()
    func lineCount() -> Int {
      ((try? scratch.bytes("run/metrics.jsonl")) ?? []).count { $0 == UInt8(ascii: "\n") }
    }

    var random = SplitMix64(seed: 5)
    var kills = 0
    for _ in 0..<15 where kills < 5 {
      let running = try await scratch.elbo.start(next())
      // Somewhere on the way: how fast that is depends on what else runs.
      let goal = lineCount() + Int(random.bounded(30))
      let deadline = Date(timeIntervalSinceNow: 60)
      while lineCount() < goal, Date() < deadline { try await Task.sleep(for: .milliseconds(2)) }
      try await Task.sleep(for: .milliseconds(Int(random.bounded(20))))
      running.send(SIGKILL)
      let status = try await running.outcome().status
      // One that was sooner through starts again.
      if status == 0 { try FileManager.default.removeItem(atPath: scratch.file("run")) }
      #expect([0, 128 + SIGKILL].contains(status))
      if status != 0 { kills += 1 }
    }
    #expect(kills == 5)
    try await scratch.elbo.run(next()).expectSuccess()
    #expect(try scratch.text("run/metrics.jsonl") == scratch.text("whole/metrics.jsonl"))
    #expect(try scratch.names("run") == scratch.names("whole"))
    #expect(try scratch.names("run/checkpoints") == scratch.names("whole/checkpoints"))
    for name in try scratch.names("whole/checkpoints") {
      #expect(
        try scratch.bytes("run/checkpoints/" + name) == scratch.bytes("whole/checkpoints/" + name), "\(name)")
    }
  }

  @Test func aRunHasOneProcess() async throws {
    let arguments = ["train", "avb-four-points", "--out", "run", "--quiet"] + Tiny.points
    let running = try await scratch.elbo.start(
      arguments + ["--set", "training.steps=100000000", "--set", "training.logEvery=1000"])
    let deadline = Date(timeIntervalSinceNow: 60)
    while !scratch.exists("run/config.yaml"), Date() < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await scratch.elbo("train", "--resume", "run", "--quiet").expectFailure(
      1, "run: another process trains this run")
    try await scratch.elbo.run(arguments).expectFailure(1, "run: is not empty")
    running.send(SIGTERM)
    #expect(try await running.outcome().status == 130)
  }

  @Test func aConfigurationThatChangedIsRefused() async throws {
    try await scratch.trainPoints("run")
    try await scratch.elbo("train", "--resume", "run", "--quiet", "--set", "seed=2").expectFailure(
      2, "run/config.yaml", "seed from 1 to 2")
    try await scratch.elbo("train", "--resume", "run", "--quiet", "--set", "training.steps=8").expectSuccess()
    #expect(try scratch.log("run").last?["step"] as? Int == 8)
  }
}
