import Elbo
import ElboData
import Testing
import Torch

/// Every pair of parts that go together trains; every other is refused with the reason.
@Suite struct FamilyTests {
  private static let posteriors = [
    "deterministic", "gaussian", "gaussian-full", "implicit", "implicit-moments", "planar-flow",
    "realnvp-flow",
    "iaf-flow", "class-style",
  ]
  private static let divergences = [
    "kl", "importance-weighted", "total-correlation", "density-ratio", "adaptive-contrast", "adversarial",
    "mmd", "cramer-wold",
  ]
  private static let priors = [
    "standard-normal", "mixture", "swiss-roll", "uniform", "categorical-normal", "vamp", "flow",
    "sphere",
  ]
  private static let likelihoods = [
    "bernoulli", "bernoulli-clipped", "continuous-bernoulli", "gaussian", "gaussian-learned",
    "discretised-logistic", "categorical",
  ]
  private static let withDensity: Set = [
    "gaussian", "gaussian-full", "planar-flow", "realnvp-flow", "iaf-flow",
  ]
  private static let small = [
    "data.name=drawn-digits", "data.size=8", "data.count=200", "training.batchSize=50", "encoder.hidden=[24]",
    "decoder.hidden=[24]", "discriminator.hidden=[16]", "optimiser.learningRate=0.005", "latent.dimension=3",
    "prior.components=3", "prior.flowHidden=[8]", "prior.flowLength=2", "posterior.basis=3",
    "posterior.basisHidden=[8]", "posterior.flowHidden=[8]",
    "posterior.flowLength=2", "divergence.samples=3", "divergence.totalCorrelation=1", "likelihood.levels=4",
    "likelihood.scale=0.3", "posterior.classes=2",
  ]

  /// The key that is at fault, or nil where posterior and divergence go together.
  private static func fault(posterior: String, divergence: String) -> String? {
    switch divergence {
    case "kl", "importance-weighted", "total-correlation":
      withDensity.contains(posterior) ? nil : "posterior.kind"
    case "density-ratio":
      ["deterministic", "class-style"].contains(posterior) ? "posterior.kind" : nil
    case "adaptive-contrast": ["gaussian", "implicit-moments"].contains(posterior) ? nil : "posterior.kind"
    default: nil
    }
  }

  private static func fault(prior: String, divergence: String) -> String? {
    if divergence == "cramer-wold" { return prior == "standard-normal" ? nil : "prior.kind" }
    let needsDensity = ["kl", "importance-weighted", "total-correlation", "adaptive-contrast"].contains(
      divergence)
    return needsDensity && ["swiss-roll", "uniform", "categorical-normal", "sphere"].contains(prior)
      ? "prior.kind" : nil
  }

  /// Trains for a few steps and looks whether reconstructions get better, or whether the right key is
  /// refused.
  private func check(_ settings: [String], fault: String?) throws {
    let configuration = try ConfigurationLoader.load("vae-fashion", settings: Self.small + settings)
    let data = try Dataset.load(configuration, .train)
    if let fault {
      let error = #expect(throws: ConfigurationError.self) { try Trainer(configuration, dataset: data) }
      #expect(error?.location == fault && error?.problem.isEmpty == false, "\(settings)")
      return
    }
    let trainer = try Trainer(configuration, dataset: data)
    let errors = try trainer.captureErrors()
    #expect(!errors.isEmpty, "\(settings)")
    for (parameter, error) in errors {
      #expect(error < 2e-4, "\(parameter) of \(settings)")
    }
    let readings = (0..<60).map { _ in trainer.advance(reading: true) }
    #expect(readings.allSatisfy { $0.values.allSatisfy(\.isFinite) }, "\(settings)")
    func mean(_ part: ArraySlice<[MetricName: Double]>) -> Double {
      part.reduce(0) { $0 + ($1[.reconstruction] ?? .nan) } / Double(part.count)
    }
    #expect(mean(readings.suffix(10)) > mean(readings.prefix(10)), "\(settings)")
  }

  @Test(arguments: posteriors, divergences) func posteriorWithDivergence(
    _ posterior: String, _ divergence: String
  )
    throws
  {
    try check(
      ["posterior.kind=\(posterior)", "divergence.kind=\(divergence)"],
      fault: Self.fault(posterior: posterior, divergence: divergence))
  }

  @Test(arguments: priors, divergences) func priorWithDivergence(_ prior: String, _ divergence: String) throws
  {
    try check(
      ["prior.kind=\(prior)", "divergence.kind=\(divergence)"],
      fault: Self.fault(prior: prior, divergence: divergence))
  }

  @Test(arguments: likelihoods) func likelihood(_ likelihood: String) throws {
    try check(["likelihood.kind=\(likelihood)"], fault: nil)
  }

  @Test(arguments: ["dense", "bilinear"], [false, true]) func discriminatorOfPairs(
    _ kind: String, _ spectralNorm: Bool
  ) throws {
    for posterior in ["implicit", "implicit-moments"] {
      try check(
        [
          "divergence.kind=density-ratio", "posterior.kind=\(posterior)", "discriminator.kind=\(kind)",
          "discriminator.spectralNorm=\(spectralNorm)",
        ], fault: nil)
    }
  }

  @Test(arguments: [
    ["divergence.rules.r1=1"], ["divergence.rules.labelSmoothing=0.1"],
    ["divergence.rules.instanceNoise=0.2", "divergence.rules.instanceNoiseSteps=30"],
    ["discriminator.spectralNorm=true"], ["discriminator.spectralNorm=true", "divergence.rules.r1=1"],
    ["divergence.adaptiveSteps.maximum=3"], ["divergence.discriminatorSteps=2"],
  ]) func rules(_ rules: [String]) throws {
    for divergence in ["density-ratio", "adversarial", "adaptive-contrast", "total-correlation"] {
      try check(["divergence.kind=\(divergence)"] + rules, fault: nil)
    }
  }

  @Test func classesAreToldToNetworksAndDiscriminators() throws {
    try check(["conditioning.encoder=true", "conditioning.decoder=true"], fault: nil)
    let labelled = ["divergence.kind=adversarial", "divergence.labelledPrior=true"]
    for prior in ["mixture", "swiss-roll"] {
      try check(labelled + ["prior.kind=\(prior)", "prior.components=10"], fault: nil)
    }
    try check(labelled + ["prior.kind=standard-normal"], fault: nil)
    try check(labelled + ["prior.kind=mixture", "prior.components=9"], fault: "divergence.labelledPrior")
  }

  @Test func residualNetworks() throws {
    let residual = ["encoder.kind=residual", "decoder.kind=residual"]
    try check(residual + ["encoder.hidden=[24,24]", "decoder.hidden=[24,24,12]"], fault: nil)
    try check(residual + ["encoder.hidden=[24,12]", "decoder.hidden=[24,24]"], fault: "encoder.hidden")
  }

  @Test func cyclicWeight() {
    let schedule = Schedule.cyclic(steps: 100, ramp: 0.5)
    let found = [0, 25, 50, 99, 100, 125, 199].map(schedule.value(at:))
    #expect(found == [0, 0.5, 1, 1, 0, 0.5, 1])
  }

  @Test func freeBitsCostNothing() throws {
    // With more nats free than the divergence has, the encoder is moved by the reconstruction alone.
    let settings = Self.small + ["divergence.freeBits=1000"]
    let configuration = try ConfigurationLoader.load("vae-fashion", settings: settings)
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    let reading = trainer.advance(reading: true)
    let generator = try #require(reading[.generator])
    let reconstruction = try #require(reading[.reconstruction])
    #expect(abs(generator + reconstruction - 3 * 1000) < 1e-2 * generator)
  }

  @Test func paddedConvolutionsMirror() throws {
    let settings = [
      "data.name=drawn-digits", "data.count=100", "encoder.channels=[4,6,8]", "decoder.channels=[4,6,8]",
      "encoder.padding=2", "decoder.padding=2", "training.batchSize=20",
    ]
    for size in [28, 32, 21] {
      let configuration = try ConfigurationLoader.load(
        "vae-fashion-conv", settings: settings + ["data.size=\(size)"])
      let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
      let isFinite = trainer.advance(reading: true).values.allSatisfy { $0.isFinite }
      #expect(isFinite)
    }
  }
}
