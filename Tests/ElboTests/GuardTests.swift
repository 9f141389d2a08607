import Elbo
import Foundation
import Testing
import Torch

/// What the guard sees in real runs, and what it leaves alone.
struct GuardTests {
  static let digits = [
    "data.name=drawn-digits", "data.size=8", "data.count=200", "training.batchSize=50", "encoder.hidden=[24]",
    "decoder.hidden=[24]", "discriminator.hidden=[24]", "latent.dimension=3",
  ]
  private static let points = [
    "encoder.hidden=[32]", "decoder.hidden=[32]", "discriminator.hidden=[32]", "data.pointsPerClass=16",
    "training.batchSize=64",
  ]

  /// Collects warnings.
  final class Listener: TrainingObserver {
    var findings: [Finding] = []
    func receive(_ event: TrainingEvent, from session: TrainingSession) {
      if case .warned(_, let finding) = event { findings.append(finding) }
    }
  }

  /// The warnings of a run, and the lines of its log.
  private func watched(
    _ preset: String, _ settings: [String]
  ) throws -> (findings: [Finding], log: [MetricsLog.Entry]) {
    try withTemporaryFolder { folder in
      let listener = Listener()
      let session = try TrainingSession(
        ConfigurationLoader.load(preset, settings: settings), out: folder.appending(path: "a").path,
        observers: [listener])
      _ = try session.run()
      return (listener.findings, try MetricsLog.read(session.directory.metrics))
    }
  }

  @Test func aDiscriminatorFarTooStrongIsSaturated() throws {
    // The generator stands still, and codes far from the prior are easily told from it.
    let settings =
      Self.points + [
        "divergence.kind=adversarial", "posterior.kind=deterministic", "latent.dimension=8",
        "optimiser.learningRate=1.0e-60", "discriminatorOptimiser.learningRate=0.01", "training.steps=1700",
        "training.logEvery=50",
      ]
    let (findings, log) = try watched("avb-four-points-shallow", settings)
    let found = findings.filter { $0.kind == .saturatedDiscriminator }
    #expect(found.count == 1)
    let finding = try #require(found.first)
    #expect(finding.metric == "discriminator" && finding.value <= 0.05 && finding.threshold == 0.05)
    #expect(finding.step >= 1000 && finding.step < 1700 && finding.wentBackTo == nil)
    #expect(finding.description.contains("step \(finding.step)") && finding.remedy.contains("spectralNorm"))

    let line = try #require(log.first { $0.texts["finding"] == "saturated-discriminator" })
    #expect(line.phase == "guard" && line.step == finding.step)
    #expect(isNear(line.values["value"], finding.value) && line.values["threshold"] == 0.05)
    #expect(line.texts["metric"] == "discriminator" && line.texts["text"] == finding.description)
    // It says what the log says, and only after that has lasted.
    let read = log.filter { $0.phase == "train" && $0.step <= finding.step && $0.step > finding.step - 1000 }
    #expect(isNear(read.last?.values["discriminator"], finding.value))
    #expect(read.allSatisfy { $0.values["discriminator"]! <= 0.05 && $0.values["accuracy"]! >= 0.99 })
  }

  @Test func aHugeWeightCollapsesThePosterior() throws {
    let settings = Self.digits + ["divergence.beta=100", "training.steps=1500", "training.logEvery=50"]
    let (findings, log) = try watched("vae-fashion", settings)
    #expect(findings.map(\.kind) == [.collapsedPosterior])
    let finding = try #require(findings.first)
    #expect(finding.metric == "kl" && finding.value < 0.05 && finding.threshold == 0.05)
    #expect(finding.remedy.contains("divergence.beta"))
    #expect(log.filter { $0.phase == "guard" }.map(\.step) == [finding.step])
  }

  /// Where no divergence in closed form is logged, reconstructions tell.
  @Test func codesThatSayNothingAreSeenInTheReconstructions() throws {
    let settings =
      Self.digits + [
        "posterior.kind=implicit", "divergence.kind=density-ratio", "divergence.beta=1000",
        "training.steps=1200", "training.logEvery=50",
      ]
    let (findings, _) = try watched("vae-fashion", settings)
    let finding = try #require(findings.first { $0.kind == .collapsedPosterior })
    #expect(finding.metric == "explainedVariance" && finding.value < 0.05 && finding.threshold == 0.05)
  }

  @Test(arguments: [
    ["avb-four-points", "training.steps=1300", "training.logEvery=10"] + points,
    ["avb-four-points-shallow", "training.steps=1300", "training.logEvery=10"] + points,
    ["vae-fashion", "training.steps=1300", "training.logEvery=20", "data.binarisation=dynamic"] + digits,
    ["aae-mnist", "training.steps=1300", "training.logEvery=20"] + digits,
  ])
  func healthyRunsAreLeftAlone(_ words: [String]) throws {
    let (findings, log) = try watched(words[0], Array(words.dropFirst()))
    #expect(findings.isEmpty && !log.contains { $0.phase == "guard" }, "\(findings)")
  }

  @Test func nothingIsWatchedWhereTheGuardIsOff() throws {
    let settings = Self.digits + ["divergence.beta=100", "training.steps=1300", "guard=off"]
    let (findings, log) = try watched("vae-fashion", settings)
    #expect(findings.isEmpty && !log.contains { $0.phase == "guard" })
  }

  /// A symptom is told of once, and again only after it has been away for as long as it takes to be told of.
  @Test func aSymptomThatComesBackIsToldOfAgain() {
    func told(_ course: [(Range<Int>, Bool)]) -> [Int] {
      var watched = SymptomCourse()
      return course.flatMap { steps, isThere in
        stride(from: steps.lowerBound, to: steps.upperBound, by: 100).filter {
          watched.note(isThere, at: $0)
        }
      }
    }
    #expect(told([(100..<5000, true)]) == [1100])
    #expect(told([(100..<1000, true), (1000..<1100, false), (1100..<1900, true)]) == [])
    #expect(told([(100..<2000, true), (2000..<2500, false), (2500..<5000, true)]) == [1100])
    #expect(told([(100..<2000, true), (2000..<3500, false), (3500..<5000, true)]) == [1100, 4500])
    // Where few steps are read, five of them are wanted.
    var rare = SymptomCourse()
    #expect((1...8).filter { rare.note(true, at: $0 * 1000) } == [5])
  }

  @Test(arguments: ["off", "warn"]) func numbersThatAreNoneEndTheRun(_ mode: String) throws {
    try withTemporaryFolder { folder in
      let listener = Listener()
      let settings =
        Self.digits + [
          "optimiser.kind=sgd", "optimiser.learningRate=100", "training.logEvery=5", "guard=\(mode)",
          "checkpoint.every=1",
        ]
      let session = try TrainingSession(
        ConfigurationLoader.load("vae-fashion", settings: settings), out: folder.appending(path: "a").path,
        observers: [listener])
      let error = try failure(TrainingFailure.self) { try session.run() }
      #expect(error.problem.contains(" at step ") && error.remedy.contains("learningRate"))
      // The error says it; there is no second line.
      #expect(listener.findings.isEmpty)
      let lines = try MetricsLog.read(session.directory.metrics).filter { $0.phase == "guard" }
      #expect(lines.compactMap { $0.texts["finding"] } == (mode == "off" ? [] : ["not-finite"]))
      if let saved = try? Safetensors(contentsOf: session.directory.lastWeights) {
        #expect(saved.tensors.values.allSatisfy { $0.abs().max().item().isFinite })
      }
    }
  }

  /// Checkpoints hold how long symptoms have lasted: the warning comes when it would have come.
  @Test func aRunThatCrashedIsWarnedAsIfItHadNot() throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      let configuration = try ConfigurationLoader.load(
        "vae-fashion",
        settings: Self.digits + [
          "divergence.beta=100", "training.steps=1300", "training.logEvery=50", "checkpoint.every=500",
          "guard=rollback",
        ])
      _ = try TrainingSession(configuration, out: whole.path).run()
      let crash = TrainingTests.Crash(at: 1190)
      let session = try TrainingSession(configuration, out: broken.path, observers: [crash])
      #expect(throws: TrainingTests.Crash.Failure.self) { try session.run() }
      _ = try TrainingSession(resuming: broken.path).run()
      #expect(try runResults(broken) == runResults(whole))
      let log = try MetricsLog.read(session.directory.metrics)
      #expect(log.filter { $0.phase == "guard" }.count == 1)
    }
  }

  /// Runs that were saved before there was a guard go on.
  @Test func aStateThatKnowsOfNoGuardIsTaken() throws {
    try withTemporaryFolder { folder in
      let session = try TrainingTests.run(folder.appending(path: "a"), "training.steps=4")
      _ = try session.run()
      let url = try newestState(session.directory.url)
      var state = try Safetensors(contentsOf: url)
      let guarded = state.tensors.keys.filter { $0 == "rollbacks" || $0.hasPrefix("guard.") }
      #expect(guarded.count == 3)
      for name in guarded { state.tensors[name] = nil }
      try forge(state, at: url)
      let before = try Data(contentsOf: session.directory.lastWeights)
      #expect(try TrainingSession(resuming: session.directory.url.path).run() == .finished)
      #expect(try Data(contentsOf: session.directory.lastWeights) == before)
    }
  }

  @Test func modesAreThree() throws {
    let error = try failure(ConfigurationError.self) { try configuration("vae-mnist", "guard=wran") }
    #expect(error.location == "guard" && error.remedy.contains("'warn'"))
    #expect(try configuration("vae-mnist").guard == .warn)
    #expect(try configuration("vae-mnist", "guard=off").guard == .off)
  }
}

/// Whether a number read from JSON is the one that was written: Foundation's reader rounds in the last digit.
private func isNear(_ read: Double?, _ written: Double) -> Bool {
  read.map { abs($0 - written) <= 1e-15 * max(1, abs(written)) } ?? false
}
