import Elbo
import Foundation
import Testing
import Torch

/// The numbers that a benchmark gives are of the right kind and size.
@Suite struct BenchmarkTests {
  @Test func timesTraining() throws {
    let result = try Benchmark(Small.configuration(.avb), steps: 20, warmUp: 2)
    #expect(result.steps == 20)
    #expect(result.threads == Engine.threadCount)
    #expect(result.stepsPerSecond > 1 && result.stepsPerSecond < 1e6)
    #expect(result.secondsToFirstStep > result.secondsToLoadData && result.secondsToLoadData >= 0)
    // libtorch alone takes more than 50 MB.
    #expect(result.peakMemoryBytes > 50_000_000 && result.peakMemoryBytes < 100_000_000_000)
  }

  @Test(arguments: Small.allCases)
  func timesUse(kind: Small) throws {
    let result = try InferenceBenchmark(Small.configuration(kind), seconds: 0.01)
    #expect(result.examples > 0)
    for rate in [result.evaluatedPerSecond, result.encodedPerSecond, result.sampledPerSecond] {
      #expect(rate > 1 && rate.isFinite)
    }
    // Only the variational autoencoder's posterior has a density.
    #expect((result.importanceWeightedPerSecond != nil) == (kind == .vae))
    if let rate = result.importanceWeightedPerSecond { #expect(rate > 1 && rate.isFinite) }
    let annealed = try #require(result.annealedPerSecond)
    #expect(annealed > 1 && annealed.isFinite)
  }

  @Test func refusesAModelWithoutData() throws {
    let configuration = try ConfigurationLoader.load(
      "vae-mnist", settings: ["data.path=/nowhere/at/all"])
    #expect(performing: { _ = try Benchmark(configuration, steps: 1, warmUp: 0) }, throws: isDiagnosed)
    #expect(performing: { _ = try InferenceBenchmark(configuration, seconds: 0) }, throws: isDiagnosed)
  }

  private func isDiagnosed(_ error: any Error) -> Bool { error is any DiagnosedError }
}

/// A small model of each kind that the benchmarks treat differently.
enum Small: CaseIterable {
  case avb, vae, aae

  /// Its configuration, with batches of 8.
  static func configuration(_ kind: Small) throws -> RunConfiguration {
    let digits = ["data.name=drawn-digits", "data.count=100", "data.size=8", "training.batchSize=8"]
    let narrow = ["encoder.hidden=[6]", "decoder.hidden=[6]"]
    return switch kind {
    case .avb:
      try ConfigurationLoader.load(
        "avb-four-points-shallow",
        settings: narrow + ["discriminator.hidden=[6]", "training.batchSize=8", "data.pointsPerClass=5"])
    case .vae: try ConfigurationLoader.load("vae-mnist", settings: narrow + digits + ["latent.dimension=3"])
    case .aae:
      try ConfigurationLoader.load("aae-mnist", settings: narrow + digits + ["discriminator.hidden=[6]"])
    }
  }

  /// The shapes of a step's standard-normal draws, in their order.
  var noise: [Shape] {
    switch self {
    case .avb: [[8, 2], [8, 2]]
    case .vae: [[8, 3]]
    case .aae: [[8, 8]]
    }
  }
}
