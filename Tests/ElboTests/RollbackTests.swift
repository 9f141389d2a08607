import Elbo
import Foundation
import Testing
import Torch

/// Runs that go back to an earlier state where a number is none.
struct RollbackTests {
  private static let digits =
    GuardTests.digits + ["training.steps=400", "training.logEvery=20", "guard=rollback"]

  private static func session(
    _ url: URL, _ settings: String..., observers: [any TrainingObserver] = []
  ) throws -> TrainingSession {
    try TrainingSession(
      ConfigurationLoader.load("vae-fashion", settings: digits + settings), out: url.path,
      observers: observers)
  }

  /// Makes a weight none, once, at a step.
  private final class Poison: TrainingObserver {
    let step: Int
    var isSpent = false
    init(at step: Int) { self.step = step }
    func receive(_ event: TrainingEvent, from session: TrainingSession) {
      guard case .stepped(let progress, _) = event, progress.step == step, !isSpent else { return }
      isSpent = true
      session.trainer.model.weights["decoder.layers.0.bias"]?.detached().fill(.nan)
    }
  }

  private func trained(_ log: [MetricsLog.Entry]) -> [MetricsLog.Entry] { log.filter { $0.phase == "train" } }

  /// At a rate of 1 this model diverges; a quarter of it is small enough.
  @Test func aRateThatIsTooLargeIsHalvedUntilItIsNot() throws {
    try withTemporaryFolder { folder in
      let wild = ["optimiser.kind=sgd", "optimiser.learningRate=1"]
      let plain = try Self.session(folder.appending(path: "plain"), wild[0], wild[1], "guard=warn")
      #expect(throws: TrainingFailure.self) { try plain.run() }

      let listener = GuardTests.Listener()
      let session = try Self.session(
        folder.appending(path: "a"), wild[0], wild[1], observers: [listener])
      #expect(try session.run() == .finished)
      #expect((1...4).contains(listener.findings.count))
      #expect(listener.findings.allSatisfy { $0.kind == .notFinite && $0.wentBackTo != nil })
      #expect(
        listener.findings[0].description.contains("went back to step 0 with learning rates halved, 1 of"))

      // The log is that of a run that only went on.
      let log = try MetricsLog.read(session.directory.metrics)
      #expect(trained(log).map(\.step) == Array(stride(from: 20, through: 400, by: 20)))
      #expect(log.allSatisfy { $0.phase == "guard" || $0.values.values.allSatisfy(\.isFinite) })
      let lines = log.filter { $0.phase == "guard" }
      #expect(lines.count == listener.findings.count)
      #expect(lines.map(\.step) == listener.findings.map { $0.wentBackTo })
      #expect(lines.map { $0.values["foundAt"] } == listener.findings.map { Double($0.step) })
      #expect(session.trainer.model.weights.values.allSatisfy { $0.abs().max().item().isFinite })
      let bound = trained(log).map { $0.values["elbo"]! }
      #expect(bound.last! > bound[0] + 2, "\(bound)")
    }
  }

  @Test func afterFiveTimesItGivesUp() throws {
    try withTemporaryFolder { folder in
      let listener = GuardTests.Listener()
      let session = try Self.session(
        folder.appending(path: "a"), "optimiser.kind=sgd", "optimiser.learningRate=1.0e+30",
        observers: [listener])
      let error = try failure(TrainingFailure.self) { try session.run() }
      #expect(error.problem.contains("after going back 5 times"))
      #expect(listener.findings.count == 5 && listener.findings.allSatisfy { $0.wentBackTo == 0 })
      let saved = try Safetensors(contentsOf: session.directory.lastWeights)
      #expect(saved.metadata["step"] == "0")
      #expect(saved.tensors.values.allSatisfy { $0.abs().max().item().isFinite })
    }
  }

  /// Copies are made at 100, 200, 300; each is good once the next is due.
  @Test(arguments: [(30, 0), (230, 100), (399, 200), (400, 300)])
  func itGoesBackToAStateThatHasProvenGood(_ step: Int, _ start: Int) throws {
    try withTemporaryFolder { folder in
      let listener = GuardTests.Listener()
      let session = try Self.session(
        folder.appending(path: "a"), "checkpoint.every=50", "checkpoint.keep=9",
        observers: [listener, Poison(at: step)])
      #expect(try session.run() == .finished)
      #expect(listener.findings.map { $0.wentBackTo } == [start])
      let log = try MetricsLog.read(session.directory.metrics)
      #expect(trained(log).map(\.step) == Array(stride(from: 20, through: 400, by: 20)))
      let kept = try contents(session.directory.checkpoints).filter { $0.hasSuffix(".sha256") }
      #expect(kept.last == "step-00000400-r1.sha256" && kept.count == 9)
      #expect(kept.contains("step-0000\(start == 0 ? "0000" : "0\(start)")-r1.sha256") == (start >= 0))
    }
  }

  /// What stands still in weights shows the noise alone: the same up to where the run went back to, another
  /// after.
  @Test func itGoesOnWithOtherNoise() throws {
    try withTemporaryFolder { folder in
      let still = "optimiser.learningRate=1.0e-60"
      let plain = try Self.session(folder.appending(path: "plain"), still)
      let session = try Self.session(folder.appending(path: "a"), still, observers: [Poison(at: 250)])
      _ = try plain.run()
      _ = try session.run()
      let logs = try [plain, session].map { trained(try MetricsLog.read($0.directory.metrics)) }
      for (a, b) in zip(logs[0], logs[1]) {
        #expect((a.values["reconstruction"] == b.values["reconstruction"]) == (a.step <= 100), "\(a.step)")
        // Its closed form takes no noise: the batches are the same.
        #expect(a.values["kl"] == b.values["kl"], "\(a.step)")
      }
    }
  }

  /// Rates are halved for all movers.
  @Test func ratesAreHalved() throws {
    try withTemporaryFolder { folder in
      func lengths(_ observers: [any TrainingObserver], _ name: String) throws -> [String: Double] {
        // Gradients of one length, so that an update's length is the rate.
        let configuration = try ConfigurationLoader.load(
          "avb-four-points-shallow",
          settings: TrainingTests.settings + [
            "optimiser.schedule.kind=constant", "optimiser.kind=sgd", "discriminatorOptimiser.kind=sgd",
            "optimiser.beta1=0", "discriminatorOptimiser.beta1=0", "optimiser.learningRate=0.01",
            "discriminatorOptimiser.learningRate=0.02", "training.gradientClip=1.0e-2",
            "training.objectiveScale=1000", "training.steps=10", "training.logEvery=1", "guard=rollback",
          ])
        final class Measure: TrainingObserver {
          var before: [String: [Double]] = [:]
          var last: [String: Double] = [:]
          func receive(_ event: TrainingEvent, from session: TrainingSession) {
            guard case .stepped = event else { return }
            let now = session.trainer.model.weights.mapValues(\.numbers)
            last = [:]
            for (name, values) in now {
              let square = zip(values, before[name] ?? []).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
              last[String(name.prefix { $0 != "." }) == "discriminator" ? "d" : "g", default: 0] += square
            }
            before = now
          }
        }
        let measure = Measure()
        let session = try TrainingSession(
          configuration, out: folder.appending(path: name).path, observers: [measure] + observers)
        _ = try session.run()
        return measure.last.mapValues { $0.squareRoot() }
      }
      final class PoisonPoints: TrainingObserver {
        var isSpent = false
        func receive(_ event: TrainingEvent, from session: TrainingSession) {
          guard case .stepped(let progress, _) = event, progress.step == 5, !isSpent else { return }
          isSpent = true
          session.trainer.model.weights["decoder.layers.0.bias"]?.detached().fill(.nan)
        }
      }
      let whole = try lengths([], "whole")
      let half = try lengths([PoisonPoints()], "half")
      for (name, rate) in [("g", 1e-4), ("d", 2e-4)] {
        #expect(abs(whole[name]! - rate) < 0.02 * rate, "\(whole)")
        #expect(abs(half[name]! - rate / 2) < 0.02 * rate, "\(half)")
      }
    }
  }

  /// A crash after the run went back: the checkpoint made there is gone on with.
  @Test func aRunThatWentBackAndCrashedGoesOnAsIfItHadNot() throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      _ = try Self.session(whole, observers: [Poison(at: 250)]).run()
      let poison = Poison(at: 250)
      /// Crashes at 200 when it comes there a second time.
      final class SecondCrash: TrainingObserver {
        struct Failure: Error {}
        var visits = 0
        func receive(_ event: TrainingEvent, from session: TrainingSession) throws {
          guard case .stepped(let progress, _) = event, progress.step == 200 else { return }
          visits += 1
          if visits == 2 { throw Failure() }
        }
      }
      let session = try Self.session(broken, observers: [poison, SecondCrash()])
      #expect(throws: SecondCrash.Failure.self) { try session.run() }
      _ = try TrainingSession(resuming: broken.path).run()
      #expect(try runResults(broken) == runResults(whole))
    }
  }

  /// Weights that went bad between two readings are seen before they are saved.
  @Test func weightsThatAreNoNumbersAreGoneBackFrom() throws {
    try withTemporaryFolder { folder in
      let listener = GuardTests.Listener()
      let session = try Self.session(
        folder.appending(path: "a"), "training.logEvery=200", "checkpoint.every=30",
        observers: [listener, Poison(at: 45)])
      #expect(try session.run() == .finished)
      #expect(listener.findings.map(\.step) == [60] && listener.findings.map { $0.wentBackTo } == [0])
      #expect(listener.findings.first?.metric.hasPrefix("decoder") == true)
    }
  }
}
