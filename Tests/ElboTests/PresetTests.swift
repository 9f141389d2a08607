import Elbo
import ElboData
import ElboPresets
import Foundation
import Testing
import Torch

/// The presets say what their source documents say.
struct PresetTests {
  @Test func everyFileIsRegistered() throws {
    let folder = URL(filePath: #filePath).appending(path: "../../../Presets").standardized
    let files = try contents(folder).filter { $0.hasSuffix(".yaml") }
    #expect(files.count == 25)
    #expect(Preset.names == files.map { String($0.dropLast(5)) }.sorted())
    for file in files {
      #expect(
        presetTexts[String(file.dropLast(5))].map { Data($0) }
          == FileManager.default.contents(atPath: folder.appending(path: file).path))
    }
  }

  @Test(arguments: Preset.names, Variant.allCases) func everyVariantLoads(_ name: String, _ variant: Variant)
    throws
  {
    let description = try PresetDescription(name, settings: ["variant=\(variant.rawValue)"])
    #expect(description.configuration.variant == variant)
    #expect(description.configuration.name == name)
    #expect(!description.source.isEmpty && !description.deviations.isEmpty)
    #expect(description.deviations.allSatisfy { $0.variant == nil || $0.variant == variant })
    #expect(description.text.contains("training:\n"))
    #expect(try !Preset.named(name).summary.isEmpty)
  }

  @Test(arguments: [
    ("avb-four-points", "", ["encoder": 68_610, "decoder": 67_588, "discriminator": 67_841]),
    ("avb-four-points-shallow", "", ["encoder": 1802, "decoder": 1404, "discriminator": 1601]),
    ("vae-mnist", "", ["encoder": 126_280, "decoder": 114_064]),
    ("vae-fashion", "", ["encoder": 244_324, "decoder": 245_040]),
    ("vae-fashion", "divergence.kl=monte-carlo", ["encoder": 244_324, "decoder": 245_040]),
    ("vae-fashion-conv", "", ["encoder": 10_332, "decoder": 11_801]),
    ("aae-mnist", "", ["encoder": 668_680, "decoder": 669_456, "discriminator": 136_193]),
    (
      "aae-mnist", "posterior.kind=gaussian",
      ["encoder": 672_784, "decoder": 669_456, "discriminator": 136_193]
    ),
    (
      "aae-mnist", "posterior.kind=universal-approximator",
      ["encoder": 672_776, "decoder": 669_456, "discriminator": 136_193]
    ),
  ])
  func parameterCounts(_ name: String, _ setting: String, _ counts: [String: Int]) throws {
    for variant in Variant.allCases {
      let settings = ["variant=\(variant.rawValue)"] + (setting.isEmpty ? [] : [setting])
      #expect(try PresetDescription(name, settings: settings).parameters == counts)
    }
    if name == "vae-mnist" { #expect(counts.values.reduce(0, +) == 240_344) }
  }

  @Test func convolutionsHaveTheDocumentsShapes() throws {
    let weights = try model(
      "vae-fashion-conv", [], features: 784, image: ImageShape(channels: 1, height: 28, width: 28)
    ).weights.mapValues(\.shape)
    #expect(
      weights.filter { $0.key.hasSuffix("weight") } == [
        "encoder.network.convolutions.0.weight": [8, 1, 5, 5],
        "encoder.network.convolutions.1.weight": [8, 8, 5, 5],
        "encoder.network.dense.layers.0.weight": [64, 128], "encoder.network.dense.layers.1.weight": [4, 64],
        "decoder.dense.layers.0.weight": [64, 2], "decoder.dense.layers.1.weight": [128, 64],
        "decoder.convolutions.0.weight": [8, 8, 5, 5], "decoder.convolutions.1.weight": [8, 8, 5, 5],
        "decoder.output.weight": [1, 8, 3, 3],
      ])
  }

  @Test func fourPoints() throws {
    let deep = try configuration("avb-four-points")
    expectNetworks(deep, [256, 256], [256, 256], [256, 256], .relu, .glorotUniform)
    #expect(
      deep.posterior.kind == "implicit" && deep.posterior.noiseDimension == 4 && deep.latent.dimension == 2)
    #expect(deep.discriminator.centreInput && deep.divergence == options { $0.kind = "density-ratio" })
    #expect(deep.data.name == "four-points" && deep.data.pointsPerClass == 128 && deep.data.sampling == .full)
    #expect(deep.training.steps == 2000 && deep.training.objectiveScale == 1)
    #expect(deep.optimiser == adam(2e-4, 0.5, 1e-8) && deep.discriminatorOptimiser == adam(1e-3, 0.5, 1e-8))
    #expect(deep.likelihood.kind == "bernoulli")
    let faithful = try configuration("avb-four-points", "variant=faithful")
    #expect(faithful.likelihood.kind == "bernoulli-clipped" && faithful.likelihood.clip == 1e-6)
    let dataset = try Dataset.load(deep, .train)
    #expect(dataset.count == 512 && dataset.featureCount == 4)
  }

  @Test func fourPointsShallow() throws {
    let shallow = try configuration("avb-four-points-shallow")
    expectNetworks(shallow, [200], [200], [200], .relu, .torchUniform)
    #expect(shallow.posterior.kind == "implicit" && shallow.posterior.noiseDimension == 2)
    #expect(shallow.latent.dimension == 2 && !shallow.discriminator.centreInput)
    #expect(shallow.data.pointsPerClass == 500 && shallow.data.sampling == .replacement)
    #expect(shallow.training.steps == 14 * 501 && shallow.training.batchSize == 500)
    #expect(shallow.optimiser == adam(1e-3, 0.9, 1e-8) && shallow.discriminatorOptimiser == shallow.optimiser)
    #expect(
      shallow.divergence == options { $0.kind = "density-ratio" } && shallow.training.objectiveScale == 1)
    let faithful = try configuration("avb-four-points-shallow", "variant=faithful")
    #expect(faithful.divergence.beta == 1.0 / 125 && faithful.training.objectiveScale == 125)
  }

  @Test func digits() throws {
    let vae = try configuration("vae-mnist")
    expectNetworks(vae, [128], [128], nil, .elu, .heNormal)
    #expect(
      vae.posterior.kind == "gaussian" && vae.posterior.scale == .logVariance && vae.latent.dimension == 100)
    #expect(vae.training.steps == 1_000_000 && vae.training.batchSize == 64 && vae.data.sampling == .shuffled)
    #expect(vae.optimiser == adam(1e-3, 0.9, 1e-8) && vae.divergence == options { $0.kind = "kl" })
    #expect(vae.likelihood.kind == "bernoulli" && vae.data.binarisation == .off && vae.data.range == .unit)
    #expect(vae.figures.sampleEvery == 1000 && vae.figures.rows == 4 && vae.figures.columns == 4)

    let aae = try configuration("aae-mnist")
    expectNetworks(aae, [512, 512], [512, 512], [512, 256], .leakyReLU, .glorotUniform)
    #expect(aae.encoder.slope == 0.2 && aae.decoder.slope == 0.2 && aae.discriminator.slope == 0.2)
    #expect(aae.decoder.outputActivation == .tanh && aae.encoder.outputActivation == .identity)
    #expect(aae.posterior.kind == "deterministic" && aae.latent.dimension == 8)
    #expect(
      aae.data.range == .symmetric && aae.data.sampling == .replacement && aae.training.batchSize == 128)
    #expect(aae.training.steps == 5000 && aae.training.logEvery == 10)
    #expect(aae.optimiser == adam(2e-4, 0.5, 1e-7) && aae.discriminatorOptimiser == aae.optimiser)
    #expect(aae.divergence == options { $0.kind = "adversarial" })
    // 0.999 mse + 0.001 adversarial, up to a constant.
    let squares = aae.training.objectiveScale * 784 / (2 * aae.likelihood.scale * aae.likelihood.scale)
    #expect(abs(squares - 0.999) < 1e-9 && aae.training.objectiveScale * aae.divergence.beta == 0.001)
    #expect(try configuration("aae-mnist", "variant=faithful").divergence.discriminatorUpdates == .separate)
    #expect(aae.figures.sampleEvery == 100 && aae.figures.rows == 5 && aae.figures.columns == 5)
  }

  @Test func fashion() throws {
    let dense = try configuration("vae-fashion")
    expectNetworks(dense, [256, 128, 64, 32], [32, 64, 128, 256], nil, .relu, .glorotUniform)
    let convolutional = try configuration("vae-fashion-conv")
    expectNetworks(convolutional, [64], [64], nil, .tanh, .glorotUniform)
    for network in [convolutional.encoder, convolutional.decoder] {
      #expect(network.kind == "convolutional" && network.channels == [8, 8])
      #expect(network.kernel == 5 && network.stride == 2)
    }
    for vae in [dense, convolutional] {
      #expect(vae.data.name == "fashion-mnist" && vae.data.sampling == .shuffled && vae.data.range == .unit)
      #expect(
        vae.posterior.kind == "gaussian" && vae.posterior.scale == .logScale && vae.latent.dimension == 2)
      #expect(
        vae.training.steps == 10 * 938 && vae.training.batchSize == 64 && vae.training.objectiveScale == 1)
      #expect(vae.optimiser == adam(1e-3, 0.9, 1e-7) && vae.divergence == options { $0.kind = "kl" })
    }
    let faithful = try configuration("vae-fashion", "variant=faithful")
    #expect(faithful.data.sampling == .sequential && faithful.training.objectiveScale == 64)
  }

  private func expectNetworks(
    _ found: RunConfiguration, _ encoder: [Int], _ decoder: [Int], _ discriminator: [Int]?,
    _ activation: NetworkOptions.ActivationChoice, _ initialiser: Initialiser,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var networks = [(found.encoder, encoder), (found.decoder, decoder)]
    if let discriminator { networks.append((found.discriminator, discriminator)) }
    for (network, hidden) in networks {
      #expect(network.hidden == hidden, sourceLocation: sourceLocation)
      #expect(network.activation == activation, sourceLocation: sourceLocation)
      #expect(network.initialiser == initialiser, sourceLocation: sourceLocation)
    }
  }

  private func adam(_ rate: Double, _ beta1: Double, _ epsilon: Double) -> OptimiserOptions {
    var options = RunConfiguration().optimiser
    (options.kind, options.learningRate, options.beta1, options.beta2) = (.adam, rate, beta1, 0.999)
    options.epsilon = epsilon
    return options
  }

  private func options(_ change: (inout DivergenceOptions) -> Void) -> DivergenceOptions {
    var options = RunConfiguration().divergence
    change(&options)
    return options
  }
}
