import Elbo
import Foundation
import Testing
import Torch

/// Runs of a few steps: the same numbers for a seed, whether or not they stop on the way.
struct TrainingTests {
  /// A model that draws in every way: batches with replacement, noise, samples of the prior.
  static let settings = [
    "encoder.hidden=[8]", "decoder.hidden=[8]", "discriminator.hidden=[8]", "data.pointsPerClass=6",
    "training.steps=30", "training.batchSize=5", "training.logEvery=4", "training.evaluateEvery=10",
    "checkpoint.every=10", "optimiser.schedule.kind=cosine",
  ]

  static func run(_ url: URL, _ extra: String..., observers: [any TrainingObserver] = []) throws
    -> TrainingSession
  {
    let configuration = try ConfigurationLoader.load("avb-four-points-shallow", settings: settings + extra)
    return try TrainingSession(configuration, out: url.path, observers: observers)
  }

  /// Ends a run at a step as a crash would: without a checkpoint.
  final class Crash: TrainingObserver {
    struct Failure: Error {}
    let step: Int
    init(at step: Int) { self.step = step }
    func receive(_ event: TrainingEvent, from session: TrainingSession) throws {
      if case .stepped(let progress, _) = event, progress.step == step { throw Failure() }
    }
  }

  /// Notes what it is told.
  final class Witness: TrainingObserver {
    var events: [String] = []
    func receive(_ event: TrainingEvent, from session: TrainingSession) {
      switch event {
      case .began(let progress): events.append("began \(progress.step)/\(progress.steps)")
      case .stepped(_, let metrics): if !metrics.isEmpty { events.append("read") }
      case .evaluated(let progress, _, _): events.append("evaluated \(progress.step)")
      case .warned(let progress, let finding): events.append("warned \(progress.step) \(finding.kind)")
      case .skipped(let progress, _): events.append("skipped \(progress.step)")
      case .saved(let progress): events.append("saved \(progress.step)")
      case .finished(let progress): events.append("finished \(progress.step)")
      }
    }
  }

  @Test func aSeedDecidesEveryBit() throws {
    try withTemporaryFolder { folder in
      let places = ["a", "b", "c"].map { folder.appending(path: $0) }
      for (place, seed) in zip(places, ["seed=1", "seed=1", "seed=2"]) {
        #expect(try Self.run(place, seed).run() == .finished)
      }
      let found = try places.map(runResults)
      #expect(found[0] == found[1])
      for name in found[0].keys { #expect(found[0][name] != found[2][name], "\(name)") }
    }
  }

  @Test func observersAreToldInOrder() throws {
    try withTemporaryFolder { folder in
      let witness = Witness()
      _ = try Self.run(folder.appending(path: "a"), observers: [witness]).run()
      #expect(
        witness.events == [
          "began 0/30", "read", "read", "evaluated 10", "saved 10", "read", "read", "read", "evaluated 20",
          "saved 20",
          "read", "read", "read", "saved 30", "evaluated 30", "finished 30",
        ])
    }
  }

  /// Before the first checkpoint nothing can be gone on with; at one, and between two, all can.
  @Test(arguments: [10, 13, 19, 20, 29, 30]) func aRunThatCrashedGoesOnAsIfItHadNot(_ step: Int) throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      _ = try Self.run(whole).run()
      let session = try Self.run(broken, observers: [Crash(at: step)])
      #expect(throws: Crash.Failure.self) { try session.run() }
      if step == 10 {
        #expect(throws: FileError.self) { try TrainingSession(resuming: broken.path) }
        return
      }
      // A line that the crash cut short.
      let handle = try FileHandle(forWritingTo: broken.appending(path: "metrics.jsonl"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"step\":\(step),\"pha".utf8))
      try handle.close()
      #expect(try TrainingSession(resuming: broken.path).run() == .finished)
      #expect(try runResults(broken) == runResults(whole))
    }
  }

  @Test func aRunCanBeMadeLonger() throws {
    try withTemporaryFolder { folder in
      let (whole, longer) = (folder.appending(path: "whole"), folder.appending(path: "longer"))
      _ = try Self.run(whole).run()
      _ = try Self.run(longer, "training.steps=17").run()
      let file = longer.appending(path: "config.yaml")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacingOccurrences(of: "steps: 17", with: "steps: 30").utf8).write(to: file)
      _ = try TrainingSession(resuming: longer.path).run()
      #expect(try runResults(longer)["weights"] == runResults(whole)["weights"])
      let states = try [longer, whole].map { try Safetensors(contentsOf: newestState($0)).tensors }
      #expect(states[0].mapValues(\.bytes) == states[1].mapValues(\.bytes))
      let steps = try MetricsLog.read(longer.appending(path: "metrics.jsonl")).map {
        "\($0.step) \($0.phase)"
      }
      #expect(Set(steps).count == steps.count && steps.contains("17 test") && steps.contains("30 test"))
    }
  }

  @Test func aFinishedRunStaysAsItIs() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      _ = try Self.run(place).run()
      let before = try runResults(place)
      #expect(try TrainingSession(resuming: place.path).run() == .finished)
      #expect(try runResults(place) == before)
    }
  }

  /// The signal reaches a process of its own: what it sets is the process's for good.
  ///
  /// At 10 an evaluation is due, at 30 the last one.
  @Test(arguments: [7, 10, 30]) func aSignalStopsAfterACheckpoint(_ step: Int) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "elbo-tests-" + UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (whole, stopped) = (folder.appending(path: "whole"), folder.appending(path: "stopped"))
    _ = try Self.run(whole).run()
    let path = stopped.path
    await #expect(processExitsWith: .exitCode(130)) { [path = path as String, step = step as Int] in
      final class Signal: TrainingObserver {
        let step: Int
        init(at step: Int) { self.step = step }
        func receive(_ event: TrainingEvent, from session: TrainingSession) {
          guard case .stepped(let progress, _) = event, progress.step == step else { return }
          // It goes to the process: the thread that tests run on takes no signals.
          kill(getpid(), SIGINT)
          for _ in 0..<500 where !Interruption.isRequested { usleep(10_000) }
        }
      }
      Interruption.listen()
      let session = try TrainingTests.run(URL(filePath: path), observers: [Signal(at: step)])
      exit(try session.run() == .interrupted ? 130 : 0)
    }
    let saved = try Safetensors(contentsOf: stopped.appending(path: "checkpoints/last.safetensors"))
    #expect(saved.metadata["step"] == String(step))
    _ = try TrainingSession(resuming: stopped.path).run()
    #expect(try runResults(stopped) == runResults(whole))
  }

  @Test(arguments: [(0, ["30"]), (1, ["30"]), (2, ["20", "30"]), (9, ["10", "20", "30"])])
  func oldCheckpointsGo(_ keep: Int, _ steps: [String]) throws {
    try withTemporaryFolder { folder in
      let session = try Self.run(folder.appending(path: "a"), "checkpoint.keep=\(keep)")
      _ = try session.run()
      let folder = session.directory.checkpoints
      let names = steps.flatMap { step in
        ["safetensors", "sha256", "state.safetensors"].map { "step-000000\(step).\($0)" }
      }
      #expect(try contents(folder) == ["last.safetensors"] + names)
      #expect(
        try Data(contentsOf: folder.appending(path: "step-00000030.safetensors"))
          == Data(contentsOf: session.directory.lastWeights))
    }
  }

  @Test func numbersThatAreNoneEndTheRun() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "a")
      let wild = [
        "optimiser.kind=sgd", "optimiser.learningRate=1.0e+30", "training.logEvery=2", "training.steps=60",
      ]
      let session = try Self.run(place, wild[0], wild[1], wild[2], wild[3])
      let error = try failure(TrainingFailure.self) { try session.run() }
      #expect(error.description.contains("became") && error.description.contains("learningRate"))
      #expect(error.location == place.path && error.exitStatus == 1)
      let entries = try MetricsLog.read(session.directory.metrics)
      #expect(entries.allSatisfy { $0.values.values.allSatisfy(\.isFinite) })
      #expect(try #require(entries.last).values.count < 6)
    }
  }

  @Test func weightsThatAreNoNumbersReplaceNoCheckpoint() throws {
    try withTemporaryFolder { folder in
      final class Poison: TrainingObserver {
        func receive(_ event: TrainingEvent, from session: TrainingSession) {
          guard case .stepped(let progress, _) = event, progress.step == 13 else { return }
          session.trainer.model.weights["decoder.layers.0.bias"]?.detached().fill(.nan)
        }
      }
      let place = folder.appending(path: "a")
      let session = try Self.run(
        place, "training.logEvery=1000", "training.evaluateEvery=0", observers: [Poison()])
      let error = try failure(TrainingFailure.self) { try session.run() }
      #expect(error.problem.contains("stopped being finite at step 20"))
      #expect(try Safetensors(contentsOf: session.directory.lastWeights).metadata["step"] == "10")
    }
  }

  /// In processes of their own, whose handles and memory are nobody else's.
  @Test func stepsLeakNothing() async {
    await #expect(processExitsWith: .success) {
      try TrainingTests.checkForLeaks("training.capture=true", 10_000)
    }
    await #expect(processExitsWith: .success) {
      try TrainingTests.checkForLeaks("training.capture=false", 2_000)
    }
  }

  static func checkForLeaks(_ setting: String, _ steps: Int) throws {
    Engine.prepare(threads: 1)
    let configuration = try ConfigurationLoader.load(
      "avb-four-points-shallow", settings: settings + [setting])
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    // Each kind of step is captured where it comes first; the allocator's pools fill up.
    for step in 0..<500 { trainer.advance(reading: step % 2 == 0) }
    let (handles, memory) = (Engine.liveTensorCount, try residentBytes())
    for step in 0..<steps { trainer.advance(reading: step % 100 == 0) }
    precondition(Engine.liveTensorCount == handles, "\(Engine.liveTensorCount - handles) handles more")
    // Less than a kilobyte a step: the kernel may at any time back more of what is there already by large pages.
    let growth = try residentBytes() - memory
    precondition(growth < 8 << 20, "\(growth) bytes more")
  }

  private static func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    return try #require(Int(fields[1])) * sysconf(Int32(_SC_PAGESIZE))
  }
}
