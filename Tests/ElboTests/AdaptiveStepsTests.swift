import Elbo
import Foundation
import Testing
import Torch

/// The discriminator's updates a step follow its accuracy.
struct AdaptiveStepsTests {
  private static let small = [
    "encoder.hidden=[8]", "decoder.hidden=[8]", "discriminator.hidden=[32]", "data.pointsPerClass=16",
    "training.batchSize=64",
  ]
  /// A rate that changes no single-precision number.
  private static let still = "1.0e-60"

  /// The number of updates and the accuracy at each step.
  private func course(_ words: [String], _ settings: String..., steps: Int) throws -> [(Double, Double)] {
    let trainer = try trainer(words[0], words.dropFirst() + Self.small + settings)
    return try (0..<steps).map { _ in
      let metrics = trainer.advance(reading: true)
      return (try #require(metrics[.discriminatorSteps]), try #require(metrics[.accuracy]))
    }
  }

  /// Each number follows from the one before and its accuracy.
  private func expectRule(_ course: [(Double, Double)], low: Double, high: Double, most: Double) {
    for ((count, accuracy), (next, _)) in zip(course, course.dropFirst()) {
      let expected = accuracy < low ? min(most, count + 1) : accuracy > high ? max(1, count - 1) : count
      #expect(next == expected, "\(count) at \(accuracy), then \(next)")
    }
  }

  @Test(arguments: modelsWithDiscriminators) func theyRiseAgainstAWeakDiscriminator(_ words: [String]) throws
  {
    let course = try course(
      words, "training.logEvery=1", "divergence.adaptiveSteps.maximum=5", "divergence.adaptiveSteps.low=0.7",
      "discriminatorOptimiser.learningRate=\(Self.still)", steps: 12)
    expectRule(course, low: 0.7, high: 0.9, most: 5)
    #expect(course[0].0 == 1 && course[11].0 == 5)
  }

  /// Codes of 8 dimensions of an encoder that stands still, without noise or with little, are easily told from
  /// samples of the prior once the discriminator has learnt to.
  @Test(arguments: modelsWithDiscriminators.filter { !$0.contains("posterior.kind=gaussian") })
  func theyFallAgainstAStrongDiscriminator(_ words: [String]) throws {
    let course = try course(
      words, "training.logEvery=1", "divergence.adaptiveSteps.maximum=4", "divergence.adaptiveSteps.low=0.9",
      "divergence.adaptiveSteps.high=0.95", "optimiser.learningRate=\(Self.still)",
      "discriminatorOptimiser.learningRate=0.01", "latent.dimension=8", steps: 150)
    expectRule(course, low: 0.9, high: 0.95, most: 4)
    #expect(course[149].0 == 1 && course.map(\.0).max()! > 1, "\(course.map(\.0))")
  }

  /// What is logged is what is done: the optimiser has counted as many updates.
  @Test(arguments: modelsWithDiscriminators) func theUpdatesAreMade(_ words: [String]) throws {
    try withTemporaryFolder { folder in
      let configuration = try ConfigurationLoader.load(
        words[0],
        settings: words.dropFirst() + Self.small + [
          "training.steps=20", "training.logEvery=1", "divergence.adaptiveSteps.maximum=6",
          "divergence.discriminatorSteps=2",
        ])
      let session = try TrainingSession(configuration, out: folder.appending(path: "a").path)
      _ = try session.run()
      let logged = try MetricsLog.read(session.directory.metrics).compactMap {
        $0.values["discriminatorSteps"]
      }
      #expect(logged.count == 20 && logged.allSatisfy { (2...6).contains($0) } && Set(logged).count > 1)
      let state = try Safetensors(
        contentsOf: newestState(session.directory.url))
      let updates = try #require(state.tensors["discriminator.updates"]).numbers
      let halves = words.last == "divergence.discriminatorUpdates=separate" ? 2.0 : 1.0
      #expect(updates.allSatisfy { $0 == halves * logged.reduce(0, +) }, "\(updates) \(logged)")
    }
  }

  @Test(arguments: modelsWithDiscriminators) func aRunThatCrashedGoesOnAsIfItHadNot(_ words: [String]) throws
  {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      let configuration = try ConfigurationLoader.load(
        words[0],
        settings: words.dropFirst() + Self.small + [
          "training.steps=31", "training.logEvery=2", "checkpoint.every=10",
          "divergence.adaptiveSteps.maximum=9",
        ])
      _ = try TrainingSession(configuration, out: whole.path).run()
      let crash = TrainingTests.Crash(at: 17)
      let session = try TrainingSession(configuration, out: broken.path, observers: [crash])
      #expect(throws: TrainingTests.Crash.Failure.self) { try session.run() }
      _ = try TrainingSession(resuming: broken.path).run()
      #expect(try runResults(broken) == runResults(whole))
    }
  }

  @Test func aStateWithoutTheNumbersIsRefused() throws {
    try withTemporaryFolder { folder in
      let configuration = try ConfigurationLoader.load(
        "avb-four-points-shallow",
        settings: Self.small + ["training.steps=2", "divergence.adaptiveSteps.maximum=2"])
      let session = try TrainingSession(configuration, out: folder.appending(path: "a").path)
      _ = try session.run()
      let url = try newestState(session.directory.url)
      let sound = try Safetensors(contentsOf: url)
      for forged in [nil, Tensor([1] as [Int64], shape: [1]), Tensor([-1, 1] as [Int64], shape: [2])] {
        var state = sound
        state.tensors["repeats"] = forged
        try forge(state, at: url)
        let error = try failure(StateMismatch.self) {
          try TrainingSession(resuming: session.directory.url.path)
        }
        #expect(error.problem.contains("'repeats'") && error.location == url.path)
      }
    }
  }

  /// The step that ends a run is read though its turn has not come; what is made longer goes on all the same.
  @Test func onlyLoggedStepsSteer() throws {
    let settings =
      Self.small + [
        "training.logEvery=4", "divergence.adaptiveSteps.maximum=9", "divergence.adaptiveSteps.low=0.98",
        "divergence.adaptiveSteps.high=0.99",
      ]
    let seeing = try trainer("avb-four-points-shallow", settings)
    let counts = (0..<9).map { _ in seeing.advance(reading: true)[.discriminatorSteps] }
    #expect(counts == [1, 1, 1, 1, 2, 2, 2, 2, 3])
    // Nothing is steered by what is not read.
    let blind = try trainer("avb-four-points-shallow", settings)
    for _ in 0..<9 { #expect(blind.advance().isEmpty) }
    #expect(blind.advance(reading: true)[.discriminatorSteps] == 1)
  }

  @Test func phasesSayWhatSteersThem() throws {
    let avb = try model("avb-four-points", ["divergence.adaptiveSteps.maximum=3"])
    #expect(avb.phases.map(\.repeats) == [0, 1])
    #expect(avb.phases.map { $0.steering?.metric } == [.accuracy, nil])
    #expect(avb.phases[0].steering?.most == 2 && avb.phases[0].steering?.besides == 1)
    let plain = try model("avb-four-points", [])
    #expect(plain.phases.allSatisfy { $0.steering == nil })
  }

  @Test(arguments: [
    ("maximum=-1", "maximum"), ("maximum=2", "maximum"), ("high=1.5", "high"), ("low=0.9", "low"),
    ("low=-0.1", "low"),
  ])
  func valuesWithoutSense(_ setting: String, _ key: String) throws {
    let error = try failure(ConfigurationError.self) {
      try configuration(
        "avb-four-points", "divergence.discriminatorSteps=3", "divergence.adaptiveSteps." + setting)
    }
    #expect(error.location == "divergence.adaptiveSteps." + key)
  }
}
