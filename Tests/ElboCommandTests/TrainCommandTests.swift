import Foundation
import Testing

/// `elbo train`: what a run leaves behind, what is shown meanwhile, and how it is stopped and taken up again.
@Suite(.timeLimit(.minutes(5))) struct TrainCommandTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func aRunLeavesItsFolder() async throws {
    let outcome = try await scratch.trainDigits("a/b/run", "figures.sampleEvery=3", "checkpoint.every=2")
    #expect(outcome.output == "a/b/run\n" && outcome.errors.isEmpty)
    #expect(try scratch.names("a/b/run") == ["checkpoints", "config.yaml", "figures", "metrics.jsonl"])
    #expect(
      try scratch.names("a/b/run/checkpoints") == [
        "last.safetensors", "step-00000004.safetensors", "step-00000004.sha256",
        "step-00000004.state.safetensors", "step-00000006.safetensors", "step-00000006.sha256",
        "step-00000006.state.safetensors",
      ])
    #expect(try scratch.names("a/b/run/figures") == ["samples-00000003.png", "samples-00000006.png"])
    let log = try scratch.log("a/b/run")
    #expect(log.map { $0["step"] as? Int } == [2, 4, 6, 6])
    #expect(log.map { $0["phase"] as? String } == ["train", "train", "train", "test"])
    #expect(log.allSatisfy { ($0["elbo"] as? Double)?.isFinite == true })
    let settings = try scratch.text("a/b/run/config.yaml")
    #expect(settings.contains("  size: 8\n") && settings.contains("name: vae-mnist\n"))
  }

  @Test func runsAreNumberedWhereNoFolderIsNamed() async throws {
    for number in 1...2 {
      let outcome = try await scratch.elbo.run(["train", "avb-four-points", "--quiet"] + Tiny.points)
      #expect(outcome.output == "runs/avb-four-points-\(number)\n")
    }
  }

  @Test func aSeedDecidesTheRun() async throws {
    try await scratch.trainPoints("a")
    try await scratch.trainPoints("b")
    try await scratch.trainPoints("c", "seed=2")
    let weights = try ["a", "b", "c"].map { try scratch.bytes($0 + "/checkpoints/last.safetensors") }
    #expect(weights[0] == weights[1] && weights[0] != weights[2])
    #expect(try scratch.text("a/metrics.jsonl") == scratch.text("b/metrics.jsonl"))
  }

  @Test func progressIsLinesWhereThereIsNoTerminal() async throws {
    let arguments = ["train", "avb-four-points", "--out", "run"] + Tiny.points
    let outcome = try await scratch.elbo.run(arguments + ["--set", "training.steps=100"])
    outcome.expectSuccess()
    #expect(outcome.output == "run\n")
    #expect(!outcome.errors.contains("\r") && !outcome.errors.contains("\u{1B}"))
    let steps = outcome.errorLines.compactMap { $0.firstMatch(of: /^([0-9]+)\/100 .* left .*generator/)?.1 }
    #expect(steps.compactMap { Int($0) } == Array(stride(from: 10, through: 100, by: 10)))
    #expect(outcome.errorLines.last?.hasPrefix("done: 100 steps") == true)
  }

  @Test(arguments: [50, 200] as [UInt16]) func progressIsABarOnATerminal(_ columns: UInt16) async throws {
    let terminal = try Terminal(columns: columns)
    let arguments = ["train", "avb-four-points", "--out", "run"] + Tiny.points
    let running = try await scratch.elbo.start(
      arguments + ["--set", "training.steps=400"], terminal: terminal.handle)
    let screen = terminal.contents()
    #expect(try await running.outcome().status == 0)
    let bars = screen.split(separator: "\r").filter { $0.contains("█") }
    #expect(!bars.isEmpty && screen.contains("100% "))
    #expect(bars.allSatisfy { $0.drop { $0 != "K" }.dropFirst().count < Int(columns) }, "a bar wraps")
    #expect(screen.contains("\u{1B}[Kstep 400, test split") && screen.contains("done: 400 steps"))
  }

  /// Weights after an interruption are those of a run that was never interrupted, to the last bit.
  @Test(arguments: [SIGINT, SIGTERM]) func anInterruptedRunGoesOn(_ signal: Int32) async throws {
    let endless = ["train", "avb-four-points", "--out", "run"] + Tiny.points
    let running = try await scratch.elbo.start(endless + ["--set", "training.steps=100000000"])
    let deadline = Date(timeIntervalSinceNow: 60)
    while (try? scratch.log("run").count) ?? 0 < 3, Date() < deadline {
      try await Task.sleep(for: .milliseconds(20))
    }
    running.send(signal)
    let stopped = try await running.outcome()
    #expect(stopped.status == 130)
    #expect(stopped.output == "run\n")
    #expect(stopped.errorLines.last == "elbo: interrupted; go on with 'elbo train --resume run'")
    let step = try #require(scratch.log("run").last?["step"] as? Int)
    #expect(try scratch.names("run/checkpoints").contains("last.safetensors"))

    let figures = try await scratch.elbo("figures", "run")
    figures.expectSuccess()
    #expect(try scratch.text("run/report.html").contains("interrupted"))

    let resumed = try await scratch.elbo(
      "train", "--resume", "run", "--quiet", "--set", "training.steps=\(step + 7)")
    resumed.expectSuccess()
    #expect(resumed.output == "run\n" && resumed.errors.isEmpty)
    try await scratch.trainPoints("straight", "training.steps=\(step + 7)")
    #expect(try scratch.text("run/metrics.jsonl") == scratch.text("straight/metrics.jsonl"))
    let end = String(format: "step-%08d", step + 7)
    for file in ["last.safetensors", end + ".safetensors", end + ".state.safetensors", end + ".sha256"] {
      #expect(
        try scratch.bytes("run/checkpoints/" + file) == scratch.bytes("straight/checkpoints/" + file),
        "\(file)")
    }
    #expect(try scratch.text("run/config.yaml") == scratch.text("straight/config.yaml"))
  }

  @Test func aFinishedRunIsLeftAsItIs() async throws {
    try await scratch.trainPoints()
    let log = try scratch.text("points/metrics.jsonl")
    let weights = try scratch.bytes("points/checkpoints/last.safetensors")
    let outcome = try await scratch.elbo("train", "--resume", "points")
    outcome.expectSuccess()
    #expect(outcome.errors.contains("all 6 steps were done before"))
    #expect(try scratch.text("points/metrics.jsonl") == log)
    #expect(try scratch.bytes("points/checkpoints/last.safetensors") == weights)
  }

  /// As a crash in the middle of a line leaves it.
  @Test func aLogCutShortIsMended() async throws {
    try await scratch.trainPoints()
    let log = try scratch.text("points/metrics.jsonl")
    try scratch.write(log + "{\"step\":7,\"pha", to: "points/metrics.jsonl")
    try await scratch.elbo("figures", "points").expectSuccess()
    try await scratch.elbo("train", "--resume", "points", "--quiet").expectSuccess()
    #expect(try scratch.text("points/metrics.jsonl") == log)
  }
}
