import Elbo
import ElboData
import Testing
import Torch

/// Codes with a class: taught by labels, or found as clusters.
@Suite struct ClassTests {
  private static let small = [
    "data.name=drawn-digits", "data.size=12", "data.count=600", "data.range=symmetric", "data.validation=0",
    "encoder.hidden=[64]", "decoder.hidden=[64]", "discriminator.hidden=[32]",
    "optimiser.learningRate=0.002", "supervision.optimiser.learningRate=0.002", "training.inputNoise=0",
  ]

  private func trainer(_ preset: String, _ settings: [String]) throws -> Trainer {
    try ElboTests.trainer(preset, Self.small + settings)
  }

  private func evaluate(_ trainer: Trainer, _ settings: [String], _ metric: String) throws -> Estimate {
    let configuration = try ConfigurationLoader.load("aae-mnist-semi-100", settings: Self.small + settings)
    let evaluator = Evaluator(
      model: trainer.model, dataset: try Dataset.load(configuration, .test), configuration: configuration)
    return try #require(try evaluator.evaluate([metric])[metric])
  }

  @Test func aCodeIsProbabilitiesBesideAStyle() throws {
    let trainer = try trainer("aae-mnist-semi-100", ["data.labelled=50"])
    let batch = Batch(trainer.dataset.features.narrowed(0, from: 0, length: 20))
    let z = withoutGradients { trainer.model.encode(batch, using: Generator(seed: 1)) }
    #expect(z.shape == [20, 20] && trainer.model.codeClasses == 10)
    let classes = z.narrowed(1, from: 0, length: 10)
    #expect(classes.numbers.allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(classes.sum(over: [1]).numbers.allSatisfy { abs($0 - 1) < 1e-5 })
    let logits = try #require(withoutGradients { trainer.model.classLogits(batch) })
    let difference = (logits.softmax(over: 1) - classes).abs().max().item()
    #expect(difference < 1e-6)
  }

  @Test func labelsTeachTheEncoder() throws {
    let settings = ["data.labelled=200", "training.batchSize=50"]
    let trainer = try trainer("aae-mnist-semi-100", settings)
    let before = try evaluate(trainer, settings, "classification-error").value
    let readings = (0..<300).map { _ in trainer.advance(reading: true) }
    let first = try #require(readings[0][.classification])
    let last = try #require(readings[299][.classification])
    #expect(abs(first - 2.303) < 0.7 && last < 0.2)
    let after = try evaluate(trainer, settings, "classification-error")
    #expect(before > 0.75 && after.value < 0.35 && after.count == 100)
  }

  /// With the supervision's updates alone, the decoder stays where it is.
  @Test func supervisionMovesTheEncoderAlone() throws {
    let trainer = try trainer("aae-mnist-semi-100", ["data.labelled=50"])
    #expect(trainer.model.roles == [.generator, .discriminator, .classifier])
    let names = trainer.model.parameters(of: .classifier).names
    #expect(!names.isEmpty && names.allSatisfy { $0.hasPrefix("encoder.") })
    // The encoder is counted once, though two optimisers move it.
    let counts = trainer.model.parameterCounts
    #expect(counts["encoder"] == 144 * 64 + 64 + 64 * 20 + 20)
  }

  @Test func clustersAreNamedByTheirMembers() throws {
    let settings = [
      "posterior.classes=16", "prior.components=16", "latent.dimension=18", "divergence.beta=10",
    ]
    let trainer = try trainer("aae-mnist-clusters-16", settings)
    for _ in 0..<200 { trainer.advance() }
    let off = settings + ["supervision.updates=0", "data.labelled=0"]
    let error = try evaluate(trainer, off, "clustering-error")
    // Naming each of several clusters beats naming all alike, of which one in ten is right.
    #expect(error.value < 0.8 && error.value > 0)
    let taught = try failure(ConfigurationError.self) {
      try evaluate(trainer, off, "classification-error")
    }
    #expect(taught.problem.contains("no labels"))
  }

  @Test func headsOfClustersKeepTheirDistance() throws {
    let settings = ["data.labelled=100", "latent.headDistance=3", "optimiser.learningRate=0.05"]
    let trainer = try trainer("aae-mnist-embedding", settings)
    let heads = try #require(trainer.model.weights["embedding.heads"])
    #expect(heads.shape == [10, 2])
    for _ in 0..<200 { trainer.advance() }
    let distances = withoutGradients { heads.distances(to: heads) }.numbers
    let apart = distances.enumerated().filter { $0.offset % 11 != 0 }.map(\.element)
    #expect(apart.min()! > 2.5)
    // What the decoder sees is the style moved by the class's head.
    let z = Tensor([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, -2] as [Float], shape: [1, 12])
    let seen = try #require(withoutGradients { trainer.model.embed(z) })
    let expected = [heads.numbers[2] + 0.25, heads.numbers[3] - 2]
    #expect(zip(seen.numbers, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test(arguments: [
    ("aae-mnist", ["supervision.updates=1"], "supervision.updates"),
    ("aae-mnist", ["latent.headDistance=1"], "latent.headDistance"),
    ("aae-mnist-semi-100", ["posterior.classes=9"], "posterior.classes"),
    ("aae-mnist-semi-100", ["posterior.classes=20"], "posterior.classes"),
    ("aae-mnist-semi-100", ["supervision.updates=0", "prior.components=9"], "posterior.classes"),
    ("aae-mnist-semi-100", ["divergence.kind=kl"], "posterior.kind"),
    ("aae-mnist-semi-100", ["divergence.kind=density-ratio"], "posterior.kind"),
    ("aae-mnist-semi-100", ["supervision.updates=-1"], "supervision.updates"),
    ("aae-mnist-semi-100", ["supervision.optimiser.beta1=1"], "supervision.optimiser.beta1"),
  ])
  func whatCannotBeIsRefused(_ preset: String, _ settings: [String], _ location: String) throws {
    let error = try failure(ConfigurationError.self) { try trainer(preset, settings) }
    #expect(error.location == location)
  }

  @Test func runsGoOnExactly() throws {
    try withTemporaryFolder { folder in
      func weights(_ trainer: Trainer) -> [String: [UInt8]] { trainer.model.weights.mapValues(\.bytes) }
      let settings =
        Self.small + [
          "data.labelled=50", "training.steps=8", "training.batchSize=30", "checkpoint.every=4",
          "training.inputNoise=0.3",
        ]
      let whole = try TrainingSession(
        ConfigurationLoader.load("aae-mnist-semi-100", settings: settings),
        out: folder.appending(path: "a").path)
      _ = try whole.run()
      let half = try TrainingSession(
        ConfigurationLoader.load("aae-mnist-semi-100", settings: settings + ["training.steps=4"]),
        out: folder.appending(path: "b").path)
      _ = try half.run()
      for _ in 4..<8 { half.trainer.advance() }
      #expect(weights(whole.trainer) == weights(half.trainer))
    }
  }
}
