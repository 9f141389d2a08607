import Elbo
import ElboData
import ElboServer
import Foundation
import Testing
import Torch

/// Scores, and the thresholds they are compared with.
@Suite(.timeLimit(.minutes(5))) struct ScoreTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// With 64 samples in two dimensions the bound is within a tenth of a nat of the exact value by quadrature, and
  /// above it by no more than the noise of the weights.
  @Test func scoresAreNearTheExactLogLikelihood() throws {
    let run = try TrainedRun(scratch.train("digits", ["training.steps=60"]))
    let exact = try Evaluator(model: run.model, dataset: run.test, configuration: run.configuration)
      .evaluate(["exact-log-likelihood"])["exact-log-likelihood"]
    let value = try #require(exact?.value)
    let scorer = try Scorer(run)
    #expect(scorer.measure.name == "importance-weighted-bound" && scorer.measure.isBound)
    let scores = withoutGradients {
      scorer.scores(Batch(run.test.features), using: Generator(seed: 1))
    }
    let mean = scores.reduce(0, +) / Double(scores.count)
    #expect(mean < value + 0.02 && mean > value - 0.1)
  }

  /// P-values are ranks: of scores that are the calibration's own they are (1 + rank) / (n + 1).
  @Test func pValuesAreRanks() throws {
    let model = try LoadedModel(TrainedRun(scratch.train()))
    var request = ModelRequest(.score)
    request.count = 60
    request.values = model.run.test.prefix(60).features.values(as: Float.self)
    request.falseAlarmRate = 0.1
    #expect(!model.isReady(for: request))
    let scores = try #require(
      try withoutGradients { () throws in
        while !model.isReady(for: request) { try model.calibration.advance() }
        return model.answer([request])[0].scores
      })
    #expect(scores.split == "test" && scores.calibrationCount == model.run.test.count)
    // Fresh draws of the same examples: ranks spread evenly, up to their noise.
    let mean = scores.pValues.reduce(0, +) / 60
    #expect(mean > 0.35 && mean < 0.65)
    let threshold = try #require(scores.threshold)
    for (value, p) in zip(scores.values, scores.pValues) { #expect((value < threshold) == (p <= 0.1)) }
  }

  @Test func whatIsNoDigitIsAnomalous() async throws {
    let path = try scratch.train("digits", ["training.steps=300", "data.count=300", "data.validation=50"])
    try await withServer([path]) { server in
      let noise = (0..<64).map { Double(($0 * 37 + 11) % 2) }
      let ordinary = try #require(try await server.send("/v1/models/digits/examples?n=20").matrix("x"))
      let answer = try await server.post(
        "/v1/models/digits/score", "{\"x\": \(text([noise] + ordinary)), \"falseAlarmRate\": 0.05}")
      #expect(answer.status == 200)
      let flags = try #require(answer.json["anomalous"] as? [Bool])
      #expect(flags[0])
      // Of 20 ordinary ones, at a rate of .05, more than 5 are flagged with a probability below .001.
      #expect(flags.dropFirst().filter { $0 }.count <= 5)
      #expect((answer.json["calibration"] as? [String: Any])?["split"] as? String == "validation")
    }
  }
}
