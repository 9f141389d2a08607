import Foundation
import Testing

/// `elbo runs delete`.
@Suite(.timeLimit(.minutes(5))) struct RunsDeleteTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  @Test func aRunIsDeletedOnceSomebodySaysYes() async throws {
    try await scratch.trainPoints("runs/a")
    try scratch.copy("runs/a", to: "runs/b")
    try await scratch.elbo("runs", "delete", "runs/a").expectFailure(2, "runs/a", "nobody is there", "--yes")
    #expect(scratch.exists("runs/a/config.yaml"))
    let outcome = try await scratch.elbo("runs", "delete", "runs/a", "runs/b", "runs/a/", "--yes")
    outcome.expectSuccess()
    #expect(outcome.outputLines == ["runs/a", "runs/b"])
    #expect(try scratch.names("runs").isEmpty)
  }

  @Test(arguments: [("yes", true), ("y", true), ("n", false), ("", false), ("yesterday", false)])
  func aPersonAtATerminalIsAsked(answer: String, isYes: Bool) async throws {
    try scratch.write("name: vae-mnist", to: "a/config.yaml")
    try scratch.write("", to: "a/metrics.jsonl")
    try scratch.write("", to: "a/checkpoints/none")
    let terminal = try Terminal(columns: 100)
    let running = try await scratch.elbo.start(
      ["runs", "delete", "a"], terminal: terminal.handle, answers: true)
    try terminal.type(answer + "\n")
    let outcome = try await running.outcome()
    let screen = terminal.contents()
    #expect(outcome.status == 0 && screen.contains("delete a ("), "\(screen)")
    #expect(screen.contains("[y/N]") && screen.contains("nothing was deleted") == !isYes, "\(screen)")
    #expect(outcome.outputLines == (isYes ? ["a"] : []) && scratch.exists("a") == !isYes)
  }

  @Test func nothingIsDeletedBesideWhatIsNoRun() async throws {
    try await scratch.trainPoints("a")
    try scratch.write("name: mine", to: "project/config.yaml")
    try scratch.write("precious", to: "project/thesis.tex")
    for (other, part) in [
      ("project", "does not look like a run"), ("nowhere", "not a folder"), (".", "holds no config.yaml"),
    ] {
      try await scratch.elbo("runs", "delete", "--yes", "a", other).expectFailure(1, part)
    }
    #expect(try scratch.names() == ["a", "project"] && scratch.names("project").count == 2)
  }

  @Test func aRunThatIsTrainedStays() async throws {
    let running = try await scratch.elbo.start(
      ["train", "avb-four-points", "--out", "run", "--quiet"] + Tiny.points
        + Tiny.settings(["training.steps=10000000"]))
    for _ in 0..<1200 where !scratch.exists("run/config.yaml") {
      try await Task.sleep(for: .milliseconds(50))
    }
    let outcome = try await scratch.elbo.start(["runs", "delete", "run", "--yes"], waitsForRoom: false)
      .outcome()
    outcome.expectFailure(1, "run", "another process trains this run")
    running.send(SIGKILL)
    _ = try await running.outcome()
    #expect(scratch.exists("run/config.yaml"))
  }
}
