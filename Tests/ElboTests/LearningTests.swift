import Elbo
import Foundation
import Testing
import Torch

/// Small models learn. Margins are far outside the spread of six other seeds, which the tests state.
struct LearningTests {
  private func estimate(_ trainer: Trainer, _ configuration: RunConfiguration, _ metric: String) throws
    -> Double
  {
    let evaluator = Evaluator(
      model: trainer.model, dataset: try Dataset.load(configuration, .test), configuration: configuration)
    return try #require(evaluator.evaluate([metric])[metric]).value
  }

  /// A metric of the test split before and after training.
  private func course(
    _ metric: String, _ preset: String, _ settings: [String]
  ) throws -> (before: Double, after: Double) {
    let configuration = try ConfigurationLoader.load(preset, settings: settings)
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    let before = try estimate(trainer, configuration, metric)
    for _ in 0..<configuration.training.steps { trainer.advance() }
    return (before, try estimate(trainer, configuration, metric))
  }

  private static let digits = [
    "data.name=drawn-digits", "data.size=8", "data.count=600", "training.batchSize=50",
  ]

  @Test(arguments: ["analytic", "monte-carlo"]) func theBoundOfDrawnDigitsRises(_ kl: String) throws {
    let (before, after) = try course(
      "elbo", "vae-fashion",
      Self.digits + [
        "encoder.hidden=[64]", "decoder.hidden=[64]", "latent.dimension=5", "training.steps=300",
        "divergence.kl=\(kl)",
      ])
    // -45 to -49 before, -26 to -28 after.
    #expect(after > before + 12 && after > -31, "\(before) -> \(after)")
  }

  @Test(arguments: ["avb-four-points", "avb-four-points-shallow"]) func fourPointsComeApart(_ preset: String)
    throws
  {
    let (_, after) = try course(
      "exact-log-likelihood", preset,
      [
        "encoder.hidden=[64]", "decoder.hidden=[64]", "discriminator.hidden=[64]", "data.pointsPerClass=32",
        "data.sampling=full", "training.steps=600", "optimiser.learningRate=2.0e-3",
        "discriminatorOptimiser.learningRate=5.0e-3",
      ])
    // Four points that cannot be told apart have 4 log 4 - 3 log 3 = 2.249; the best possible is log 4 =
    // 1.386.
    // -1.54 to -1.75.
    #expect(after > -1.9 && after < -1.386, "\(after)")
  }

  @Test(arguments: ["deterministic", "gaussian", "universal-approximator"])
  func reconstructionsOfTheAdversarialAutoencoderImprove(_ posterior: String) throws {
    let (before, after) = try course(
      "mse", "aae-mnist",
      Self.digits + [
        "encoder.hidden=[64]", "decoder.hidden=[64]", "discriminator.hidden=[32]", "training.steps=300",
        "optimiser.learningRate=1.0e-3", "posterior.kind=\(posterior)",
      ])
    // 0.72 to 1.04 before, 0.08 to 0.11 after.
    #expect(after < 0.2 && after < 0.3 * before, "\(before) -> \(after)")
  }
}
