import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// What checkpoints promise: sound or reported, the best apart, one writer, no other configuration.
struct CheckpointTests {
  /// Notes what it is told of damage.
  private final class Listener: TrainingObserver {
    var skipped: [any DiagnosedError] = []
    func receive(_ event: TrainingEvent, from session: TrainingSession) {
      if case .skipped(_, let error) = event { skipped.append(error) }
    }
  }

  /// However the newest one is damaged, the run ends as if nothing had been.
  @Test(arguments: [".safetensors", ".state.safetensors", ".sha256"], ["cut", "flipped", "gone"])
  func theOneBeforeADamagedOneIsGoneOnWith(_ file: String, _ damage: String) throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      _ = try TrainingTests.run(whole).run()
      #expect(throws: TrainingTests.Crash.Failure.self) {
        try TrainingTests.run(broken, observers: [TrainingTests.Crash(at: 29)]).run()
      }
      let place = broken.appending(path: "checkpoints/step-00000020" + file)
      let sound = try Data(contentsOf: place)
      switch damage {
      case "cut": try sound.prefix(sound.count / 2).write(to: place)
      case "flipped":
        var bytes = sound
        bytes[sound.count / 3] ^= 4
        try bytes.write(to: place)
      default: try FileManager.default.removeItem(at: place)
      }
      let listener = Listener()
      let session = try TrainingSession(resuming: broken.path, observers: [listener])
      #expect(session.trainer.step == 10)
      #expect(try session.run() == .finished)
      // One without a manifest is none: it was never finished.
      #expect(listener.skipped.count == (file == ".sha256" && damage == "gone" ? 0 : 1))
      #expect(listener.skipped.allSatisfy { $0.location.contains("step-00000020") })
      #expect(try runResults(broken) == runResults(whole))
    }
  }

  @Test func manifestsAreThoseOfSha256sum() throws {
    try withTemporaryFolder { folder in
      let session = try TrainingTests.run(folder.appending(path: "a"))
      _ = try session.run()
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["sha256sum", "--check", "--strict", "--quiet", "step-00000030.sha256"]
      process.currentDirectoryURL = session.directory.checkpoints
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }

  /// What a writer that was killed leaves goes with the next.
  @Test func leftoversGo() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      #expect(throws: TrainingTests.Crash.Failure.self) {
        try TrainingTests.run(place, observers: [TrainingTests.Crash(at: 25)]).run()
      }
      for name in [
        ".\(UUID().uuidString).tmp", "step-00000024.state.safetensors", "step-00000024.safetensors",
      ] {
        try Data("half".utf8).write(to: place.appending(path: "checkpoints/" + name))
      }
      try Data("mine".utf8).write(to: place.appending(path: "checkpoints/.notes.tmp"))
      _ = try TrainingSession(resuming: place.path).run()
      let left = try contents(place.appending(path: "checkpoints")).filter { !$0.hasPrefix("step-0000003") }
      #expect(
        left == [".notes.tmp", "last.safetensors"]
          + ["safetensors", "sha256", "state.safetensors"].map { "step-00000020." + $0 })
    }
  }

  /// The best on the validation split stays, whole, however many come after it.
  @Test func theBestIsKeptApart() throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      let settings = [
        "posterior.kind=gaussian", "divergence.kind=kl", "data.validation=6", "training.evaluateEvery=5",
        "checkpoint.keep=1", "checkpoint.every=10",
      ]
      /// Spoils the model at a step.
      final class Blow: TrainingObserver {
        func receive(_ event: TrainingEvent, from session: TrainingSession) {
          guard case .stepped(let progress, _) = event, progress.step == 12 else { return }
          session.trainer.model.weights["decoder.layers.1.bias"]?.detached().fill(30)
        }
      }
      func session(_ place: URL, _ observers: [any TrainingObserver] = []) throws -> TrainingSession {
        try TrainingSession(
          ConfigurationLoader.load(
            "avb-four-points-shallow", settings: TrainingTests.settings + settings), out: place.path,
          observers: [Blow()] + observers)
      }
      let straight = try session(whole)
      _ = try straight.run()
      let judged = try MetricsLog.read(straight.directory.metrics).filter { $0.phase == "validation" }
      #expect(judged.map(\.step) == [5, 10, 15, 20, 25, 30])
      let best = try #require(judged.max { $0.values["elbo"]! < $1.values["elbo"]! })
      try #require(best.step == 10)
      let weights = try Safetensors(contentsOf: straight.directory.bestWeights)
      #expect(weights.metadata["step"] == String(best.step))
      let stems = try contents(straight.directory.checkpoints).filter { $0.hasSuffix(".sha256") }
      #expect(stems.count == 2)

      #expect(throws: TrainingTests.Crash.Failure.self) {
        try session(broken, [TrainingTests.Crash(at: 27)]).run()
      }
      _ = try TrainingSession(resuming: broken.path).run()
      #expect(try runResults(broken) == runResults(whole))
      #expect(
        try Data(contentsOf: broken.appending(path: "checkpoints/best.safetensors"))
          == Data(contentsOf: straight.directory.bestWeights))
    }
  }

  @Test func aRunHasOneWriter() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      let first = try TrainingTests.run(place)
      for attempt in [{ try TrainingTests.run(place) }, { try TrainingSession(resuming: place.path) }] {
        let error = try failure(FileError.self, attempt)
        #expect(error.problem == "is not empty" || error.problem == "another process trains this run")
      }
      _ = try first.run()
      try withExtendedLifetime(first) {
        let second = try TrainingSession(resuming: place.path)
        let error = try failure(FileError.self) { try TrainingSession(resuming: place.path) }
        #expect(error.problem == "another process trains this run" && error.location == place.path)
        _ = try second.run()
      }
    }
  }

  @Test func aConfigurationThatChangedIsRefusedKeyByKey() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      _ = try TrainingTests.run(place, "training.steps=10").run()
      let file = place.appending(path: "config.yaml")
      let before = try Data(contentsOf: file)
      for (settings, parts) in [
        (["seed=7"], ["seed from 1 to 7"]),
        (["encoder.hidden=[9]", "training.steps=12"], ["encoder.hidden from [8] to [9]"]),
        (
          ["latent.dimension=3", "optimiser.learningRate=0.5"],
          ["latent.dimension from 2 to 3", "optimiser.learningRate from "]
        ),
        (["training.logEvery=5"], ["training.logEvery from 4 to 5"]),
      ] {
        let error = try failure(ConfigurationError.self) {
          try TrainingSession(resuming: place.path, settings: settings)
        }
        for part in parts { #expect(error.problem.contains(part), "\(error)") }
        #expect(!error.problem.contains("training.steps") && error.location == file.path)
        #expect(try Data(contentsOf: file) == before)
      }
      #expect(throws: ConfigurationError.self) {
        try TrainingSession(resuming: place.path, settings: ["training.stpes=9"])
      }
      let longer = try TrainingSession(
        resuming: place.path, settings: ["training.steps=15", "checkpoint.every=4", "checkpoint.keep=5"])
      #expect(try longer.run() == .finished)
      #expect(try ConfigurationLoader.load(runFile: file).training.steps == 15)
      #expect(try TrainedRun(place.path).step == 15)
    }
  }

  /// The log may have grown since the checkpoint; it cannot have shrunk.
  @Test func aLogThatLacksLinesIsRefused() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      _ = try TrainingTests.run(place).run()
      let log = place.appending(path: "metrics.jsonl")
      let text = try String(contentsOf: log, encoding: .utf8)
      let lines = text.split(separator: "\n").map { $0 + "\n" }
      try Data(lines.dropFirst().joined().utf8).write(to: log)
      #expect(
        try failure(FileError.self) { try TrainingSession(resuming: place.path) }.problem.contains(
          "lacks lines"))
      try Data(text.utf8).write(to: log)
      #expect(try TrainingSession(resuming: place.path).run() == .finished)
      #expect(try String(contentsOf: log, encoding: .utf8) == text)
    }
  }
}
