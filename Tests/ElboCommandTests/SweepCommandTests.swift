import Foundation
import Testing

/// `elbo sweep` as a process of its own.
@Suite(.timeLimit(.minutes(5))) struct SweepCommandTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  static let tiny = ["sweep", "avb-four-points", "--quiet"] + Tiny.points

  @Test func aGridIsTrainedAndRanked() async throws {
    let outcome = try await scratch.elbo.run(
      Self.tiny + [
        "--grid", "posterior.kind=gaussian,implicit", "--grid", "optimiser.learningRate=1e-3,1e-2", "--out",
        "s",
      ])
    outcome.expectSuccess()
    #expect(outcome.outputLines.count == 5 && outcome.outputLines[0].hasPrefix("rank  trial  posterior.kind"))
    #expect(outcome.errors.contains("ranked by the test split"))
    let table = try scratch.text("s/sweep.csv").split(separator: "\r\n")
    #expect(
      table.first == "rank,trial,posterior.kind,optimiser.learningRate,steps,elbo,standardError,run,problem")
    let values = try table.dropFirst().map { try #require(Double($0.split(separator: ",")[5])) }
    #expect(values.count == 4 && values == values.sorted(by: >))
    for number in 1...4 {
      // Each trial is a run like any other.
      try await scratch.elbo("evaluate", "s/trial-00\(number)", "--metric", "elbo").expectSuccess()
    }
    let gnuplot = try await scratch.elbo("doctor", "--json").json["gnuplot"] as? String
    if gnuplot?.hasPrefix("/") == true { #expect(scratch.exists("s/sweep.png")) }
  }

  /// A sweep that is killed again and again ends as one that is not.
  @Test func aKilledSweepGoesOn() async throws {
    let arguments =
      Self.tiny
      + [
        "--random", "optimiser.learningRate=log:1e-4:1e-1", "--trials", "4", "--halving", "--set",
        "training.steps=400", "--set", "checkpoint.every=50",
      ]
    try await scratch.elbo.run(arguments + ["--out", "whole"]).expectSuccess()
    for _ in 0..<3 {
      let running = try await scratch.elbo.start(arguments + ["--out", "cut"])
      try await Task.sleep(for: .milliseconds(700))
      running.send(SIGKILL)
      _ = try await running.outcome()
    }
    try await scratch.elbo.run(arguments + ["--out", "cut"]).expectSuccess()
    let whole = try scratch.text("whole/sweep.csv")
    #expect(try scratch.text("cut/sweep.csv").replacingOccurrences(of: "cut/", with: "whole/") == whole)
    // Of four trials all, two, and one had 100, 200 and 400 steps.
    let steps = whole.split(separator: "\r\n").dropFirst().map { $0.split(separator: ",")[3] }
    #expect(steps == ["400", "200", "100", "100"])
    // The winner is what a training in one go makes it.
    let winner = try #require(whole.split(separator: "\r\n").dropFirst().first).split(separator: ",")
    let straight = ["train", "avb-four-points", "--quiet", "--out", "straight"] + Tiny.points
    try await scratch.elbo.run(
      straight + Tiny.settings(["training.steps=400", "optimiser.learningRate=\(winner[2])"])
    ).expectSuccess()
    // As texts: JSONSerialization rounds some numbers of 17 digits to a neighbour.
    let last = try #require(
      try scratch.text("straight/metrics.jsonl").split(separator: "\n").last {
        $0.contains(#""phase":"test""#)
      })
    #expect(last.contains("\"elbo\":\(winner[4]),"))
  }

  @Test func anInterruptedSweepIsResumed() async throws {
    let running = try await scratch.elbo.start(
      Self.tiny + ["--grid", "seed=1,2", "--set", "training.steps=1000000000", "--out", "s"])
    for _ in 0..<1200 where !scratch.exists("s/trial-001/metrics.jsonl") {
      try await Task.sleep(for: .milliseconds(50))
    }
    try await Task.sleep(for: .milliseconds(300))
    running.send(SIGINT)
    let outcome = try await running.outcome()
    #expect(outcome.status == 130 && outcome.errors.contains("go on with 'elbo sweep --resume s'"))
    // Another plan is not what the folder holds.
    try await scratch.elbo.run(Self.tiny + ["--grid", "seed=3,4", "--out", "s"]).expectFailure(
      2, "s:", "another plan", "elbo sweep --resume s")
  }

  @Test func aTrialThatDivergesDropsOut() async throws {
    let outcome = try await scratch.elbo.run(
      Self.tiny + ["--grid", "optimiser.learningRate=1e30,1e-3", "--seeds", "2", "--json", "--out", "s"])
    outcome.expectSuccess()
    let rows = try #require(try outcome.json["rows"] as? [[String: Any]])
    #expect(rows.map { $0["trial"] as? Int } == [2, 1])
    #expect((rows[0]["runs"] as? [String])?.count == 2 && rows[0]["problem"] == nil)
    #expect((rows[1]["problem"] as? String)?.contains("at step") == true)
    let all = try await scratch.elbo.run(
      Self.tiny + ["--grid", "optimiser.learningRate=1e30,2e30", "--out", "none"])
    #expect(all.status == 2 && all.errors.contains("all trials failed"))
  }

  @Test(arguments: [
    (["--grid", "seed"], "not of the form key=values"),
    (["--grid", "sed=1,2"], "did you mean 'seed'?"),
    (["--grid", "posterior.kind=gaussian,implicitt", "--set", "seed=1"], "did you mean 'implicit'?"),
    (["--grid", "seed=1,1"], "comes twice"),
    (["--grid", "seed=1", "--random", "seed=integer:1:5", "--trials", "2"], "seed: is swept twice"),
    (["--random", "seed=integer:1:5"], "--random and --trials go together"),
    (["--random", "seed=lg:1:5", "--trials", "2"], "did you mean 'log'?"),
    (["--random", "seed=log:5:1", "--trials", "2"], "not two numbers, the lower one first"),
    (["--random", "divergence.beta=log:0:1", "--trials", "2"], "0.0 has no logarithm"),
    (["--grid", "seed=1,2", "--metric", "elob"], "did you mean 'elbo'?"),
    (["--grid", "seed=1,2", "--metric", "mutual-information"], "--maximise or --minimise"),
    (["--grid", "seed=1,2,3,4", "--halving", "--set", "training.steps=3"], "too few for 3 rounds"),
    (["--grid", "training.steps=1,2", "--halving"], "halving decides it"),
    (["--grid", "seed=1,2", "--reduction", "3"], "--reduction is for --halving"),
    ([], "no key is swept"),
  ]) func plansThatMakeNoSense(_ arguments: [String], _ part: String) async throws {
    try await scratch.elbo.run(["sweep", "avb-four-points"] + arguments).expectFailure(2, part)
    #expect(try scratch.names().isEmpty)
  }

  @Test func foldersOfOtherThings() async throws {
    try scratch.write("mine", to: "s/notes.txt")
    try await scratch.elbo.run(Self.tiny + ["--grid", "seed=1,2", "--out", "s"]).expectFailure(
      1, "is not empty and holds no sweep")
    try await scratch.elbo("sweep", "--resume", "s").expectFailure(1, "holds no sweep")
    #expect(try scratch.names("s") == ["notes.txt"])
  }
}
