import Elbo
import Foundation
import Testing
import Torch

/// Discriminators with spectral normalisation, in models of every kind that has one.
struct SpectralDiscriminatorTests {
  static let models =
    modelsWithDiscriminators + [["avb-four-points-shallow", "discriminator.kind=bilinear"]]
  private static let small = [
    "encoder.hidden=[8]", "decoder.hidden=[8]", "discriminator.hidden=[8,6]", "data.pointsPerClass=6",
    "training.batchSize=12",
  ]

  private func settings(_ words: [String], _ normalises: Bool = true) -> [String] {
    words.dropFirst() + Self.small + ["discriminator.spectralNorm=\(normalises)"]
  }

  @Test(arguments: models) func parametersAreThoseOfAnyOther(_ words: [String]) throws {
    let plain = try model(words[0], settings(words, false))
    let normalised = try model(words[0], settings(words))
    #expect(normalised.parameterCounts == plain.parameterCounts)
    let extra = Set(normalised.weights.keys).subtracting(plain.weights.keys)
    let layers = plain.weights.keys.filter { $0.hasPrefix("discriminator") && $0.hasSuffix("weight") }
    #expect(
      extra == Set(layers.map { $0.replacingOccurrences(of: "weight", with: "spectralNorm.direction") }))
    #expect(normalised.buffers(of: .generator).isEmpty)
  }

  /// After some steps at a rate that moves the weights well, sigma is little behind the largest singular value.
  @Test(arguments: models) func sigmaKeepsUpWithTraining(_ words: [String]) throws {
    let trainer = try trainer(words[0], settings(words) + ["discriminatorOptimiser.learningRate=0.003"])
    let start = trainer.model.weights.mapValues(\.bytes)
    for _ in 0..<100 { trainer.advance() }
    let weights = trainer.model.weights
    let names = weights.keys.filter { $0.hasSuffix("spectralNorm.direction") }
    #expect(names.count >= 3)
    for name in names {
      let u = weights[name]!
      let weight = weights[name.replacingOccurrences(of: "spectralNorm.direction", with: "weight")]!
        .detached()
      #expect(u.count == 1 || u.bytes != start[name])
      #expect(abs(u.squared().sum().item() - 1) < 1e-5)
      let sigma = weight.transposed().matmul(u).squared().sum().sqrt().item()
      let square = weight.matmul(weight.transposed())
      var v = Tensor.standardNormal([weight.size(0)], using: Generator(seed: 1))
      for _ in 0..<500 {
        v = square.matmul(v)
        v = v / v.squared().sum().sqrt()
      }
      let largest = square.matmul(v).squared().sum().sqrt().item().squareRoot()
      #expect(sigma < largest * (1 + 1e-5) && sigma > largest * 0.95, "\(name): \(sigma) of \(largest)")
    }
  }

  @Test(arguments: models) func judgingDoesNotAdvanceIt(_ words: [String]) throws {
    let trainer = try trainer(words[0], settings(words))
    trainer.advance()
    let before = trainer.model.weights.mapValues(\.bytes)
    let evaluator = Evaluator(
      model: trainer.model, dataset: trainer.dataset, configuration: RunConfiguration())
    let first = try evaluator.evaluate(evaluator.quickMetrics)
    #expect(try evaluator.evaluate(evaluator.quickMetrics) == first)
    #expect(trainer.model.weights.mapValues(\.bytes) == before)
  }

  @Test(arguments: models) func aRunThatCrashedGoesOnAsIfItHadNot(_ words: [String]) throws {
    try withTemporaryFolder { folder in
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      let configuration = try ConfigurationLoader.load(
        words[0],
        settings: settings(words) + ["training.steps=25", "training.logEvery=5", "checkpoint.every=10"])
      _ = try TrainingSession(configuration, out: whole.path).run()
      let crash = TrainingTests.Crash(at: 17)
      let session = try TrainingSession(configuration, out: broken.path, observers: [crash])
      #expect(throws: TrainingTests.Crash.Failure.self) { try session.run() }
      _ = try TrainingSession(resuming: broken.path).run()
      #expect(try runResults(broken) == runResults(whole))

      // A run that is loaded to be judged has the same discriminator.
      let loaded = try TrainedRun(whole.path)
      let saved = try Safetensors(contentsOf: RunDirectory(existing: whole.path).lastWeights)
      #expect(loaded.model.weights.mapValues(\.bytes) == saved.tensors.mapValues(\.bytes))
      #expect(saved.tensors.keys.contains { $0.hasSuffix("spectralNorm.direction") })
    }
  }

  @Test(arguments: ["encoder", "decoder"]) func otherNetworksHaveNone(_ network: String) throws {
    let error = try failure(ConfigurationError.self) {
      try ConfigurationLoader.load("vae-fashion", settings: [network + ".spectralNorm=true"])
    }
    #expect(error.location == network + ".spectralNorm" && error.remedy == "use discriminator.spectralNorm")
  }
}
