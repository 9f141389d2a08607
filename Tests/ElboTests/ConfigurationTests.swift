import Capture
import Elbo
import Foundation
import Testing
import Torch

/// Defaults, preset, file and settings make one configuration, and what cannot be followed is refused.
struct ConfigurationTests {
  @Test func laterLayersWin() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "mine.yaml")
      try Data(
        """
        preset: vae-mnist
        training: {steps: 7, batchSize: 9}
        latent: {dimension: 3}
        """.utf8
      ).write(to: file)
      let settings = ["training.steps=5", "training={batchSize: 11}", "seed=4", "training.steps=6"]
      let merged = try ConfigurationLoader.load(file.path, settings: settings)
      #expect(merged.training.steps == 6)
      #expect(merged.training.batchSize == 11)
      #expect(merged.latent.dimension == 3)
      #expect(merged.encoder.hidden == [128])
      #expect(merged.training.gradientClip == 0)
      #expect(merged.seed == 4 && merged.name == "vae-mnist")
      #expect(try ConfigurationLoader.load(file.path).training.steps == 7)
    }
  }

  @Test func aVariantLiesUnderTheSettings() throws {
    let chosen = try configuration("avb-four-points-shallow", "divergence.beta=3", "variant=faithful")
    #expect(chosen.divergence.beta == 3 && chosen.training.objectiveScale == 125)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "mine.yml")
      try Data("preset: avb-four-points-shallow\nvariant: faithful\n".utf8).write(to: file)
      #expect(try ConfigurationLoader.load(file.path).divergence.beta == 0.008)
      let back = try ConfigurationLoader.load(file.path, settings: ["variant=corrected"])
      #expect(back.divergence.beta == 1 && back.variant == .corrected)
    }
  }

  @Test func aFileWithoutPresetBuildsOnTheDefaults() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "own.yaml")
      try Data("latent: {dimension: 1}\n".utf8).write(to: file)
      var expected = RunConfiguration()
      expected.latent.dimension = 1
      expected.name = "own"
      #expect(try ConfigurationLoader.load(file.path) == expected)
    }
  }

  @Test(arguments: [
    ("vae-mnits", "", "unknown preset 'vae-mnits'; did you mean 'vae-mnist'?"),
    (
      "vae-mnist", "trainning.steps=3", "--set: unknown key 'trainning.steps'; did you mean 'training.steps'?"
    ),
    ("vae-mnist", "training.stepz=3", "--set: unknown key 'training.stepz'; did you mean 'training.steps'?"),
    (
      "vae-mnist", "training.steps.more=3", "training.steps: 'a list or mapping' where a single value belongs"
    ),
    ("vae-mnist", "'training.steps'=3", "unknown key"),
    (
      "vae-mnist", "divergence.kl=analytc", "divergence.kl: unknown value 'analytc'; did you mean 'analytic'?"
    ),
    (
      "vae-mnist", "data.sampling=shufled", "data.sampling: unknown value 'shufled'; did you mean 'shuffled'?"
    ),
    (
      "vae-mnist", "encoder.activation=rellu",
      "encoder.activation: unknown value 'rellu'; did you mean 'relu'?"
    ),
    ("vae-mnist", "decoder.initialiser=he", "decoder.initialiser: unknown value 'he'; known: glorot-normal"),
    ("vae-mnist", "variant=faithfull", "variant: unknown value 'faithfull'; did you mean 'faithful'?"),
    ("vae-mnist", "device=gpu", "device: unknown value 'gpu'"),
    ("vae-mnist", "precision=fp16", "precision: unknown value 'fp16'; did you mean '"),
    ("vae-mnist", "optimiser.kind=adm", "optimiser.kind: unknown value 'adm'; did you mean 'adam'?"),
    ("vae-mnist", "training.steps=many", "training.steps: 'many' where an integer belongs"),
    ("vae-mnist", "training.steps=1.5", "training.steps: '1.5' where an integer belongs"),
    ("vae-mnist", "training.steps=", "training.steps: '' where an integer belongs"),
    (
      "vae-mnist", "training.steps=99999999999999999999",
      "training.steps: '99999999999999999999' where an integer"
    ),
    ("vae-mnist", "training.steps=[1,2]", "training.steps: 'a list or mapping' where a single value belongs"),
    ("vae-mnist", "training=3", "training: '3' where"),
    ("vae-mnist", "training=", "training: "),
    ("vae-mnist", "encoder.hidden=12", "encoder.hidden: '12' where a list belongs"),
    ("vae-mnist", "encoder.hidden=[a]", "encoder.hidden"),
    (
      "vae-mnist", "discriminator.centreInput=perhaps",
      "discriminator.centreInput: 'perhaps' where true or false"
    ),
    ("vae-mnist", "seed=-1", "seed: '-1' where an integer of 0 or more belongs"),
    ("vae-mnist", "divergence.beta=strong", "divergence.beta: 'strong' where a number belongs"),
    ("vae-mnist", "training.steps=0", "training.steps: 0 is not 1 or more"),
    ("vae-mnist", "training.batchSize=-64", "training.batchSize: -64 is not 1 or more"),
    ("vae-mnist", "latent.dimension=-2", "latent.dimension: -2 is not 1"),
    (
      "vae-mnist", "latent.dimension=9223372036854775807", "latent.dimension: 9223372036854775807 is not 1 to"
    ),
    ("vae-mnist", "encoder.hidden=[128, 0]", "encoder.hidden: 0 is not 1"),
    ("vae-mnist", "encoder.hidden=[9223372036854775807]", "encoder.hidden: 9223372036854775807 is not 1 to"),
    ("vae-mnist", "decoder.channels=[-8]", "decoder.channels: -8 is not 1"),
    ("vae-mnist", "encoder.kernel=0", "encoder.kernel: 0 is not 1"),
    ("vae-mnist", "encoder.stride=0", "encoder.stride: 0 is not 1"),
    ("vae-mnist", "posterior.noiseDimension=-1", "posterior.noiseDimension: -1 is not 0"),
    ("vae-mnist", "divergence.beta=-1", "divergence.beta: -1.0 is not a finite number of 0.0 or more"),
    ("vae-mnist", "divergence.beta=.nan", "divergence.beta: nan is not a finite number"),
    ("vae-mnist", "likelihood.scale=.inf", "likelihood.scale: inf is not a finite number above 0.0"),
    ("vae-mnist", "likelihood.clip=0.5", "likelihood.clip: 0.5 is not between 0 and 0.5"),
    ("vae-mnist", "optimiser.learningRate=0", "optimiser.learningRate: 0.0 is not a finite number above 0.0"),
    ("vae-mnist", "discriminatorOptimiser.beta1=1", "discriminatorOptimiser.beta1: 1.0 is not in [0, 1)"),
    ("vae-mnist", "optimiser.schedule.factor=.nan", "optimiser.schedule.factor: nan is not a finite number"),
    (
      "vae-mnist", "divergence.betaSchedule.factor=-1", "divergence.betaSchedule.factor: -1.0 is not a finite"
    ),
    ("vae-mnist", "optimiser.schedule.steps=0", "optimiser.schedule.steps: 0 is not 1 or more"),
    ("vae-mnist", "training.gradientClip=-1", "training.gradientClip: -1.0 is not"),
    ("vae-mnist", "training.objectiveScale=0", "training.objectiveScale: 0.0 is not"),
    ("vae-mnist", "checkpoint.keep=-1", "checkpoint.keep: -1 is not 0 or more"),
    ("vae-mnist", "data.size=7", "data.size: 7 is not 0, or a size of 8 to 1024 pixels"),
    ("vae-mnist", "training.steps", "--set training.steps: not of the form key=value"),
    ("vae-mnist", "=3", "--set =3: not of the form key=value"),
    ("vae-mnist", "training.steps={", "--set training.steps={: the value is not sound YAML"),
    ("vae-mnist", ".=3", "unknown key '.'"),
    ("vae-mnist", "training..steps=3", "unknown key 'training..steps'"),
  ])
  func refusals(_ source: String, _ setting: String, _ expected: String) throws {
    let error = try failure(ConfigurationError.self) {
      try ConfigurationLoader.load(source, settings: setting.isEmpty ? [] : [setting])
    }
    #expect(error.description.contains(expected), "\(error)")
    #expect(error.exitStatus == 2 && !error.description.contains("\n"))
  }

  @Test func autoRoundsProductsWhereThatIsFasterAndPossible() throws {
    let precision = { try ConfigurationLoader.load("vae-mnist", settings: ["precision=auto"] + $0).precision }
    #expect(try precision([]) == (Processor.multipliesHalvesFaster ? .bf16 : .fp32))
    #expect(try precision(["training.capture=false"]) == .fp32)
    #expect(try precision(["device=cuda"]) == .fp32)
  }

  @Test func tf32NeedsAGPU() throws {
    let error = try failure(ConfigurationError.self) {
      try ConfigurationLoader.load("vae-mnist", settings: ["precision=tf32"])
    }
    #expect(error.description.hasPrefix("precision: factors are rounded to TF32 on a GPU only"), "\(error)")
    let settings = ["precision=tf32", "device=cuda"]
    #expect(try ConfigurationLoader.load("vae-mnist", settings: settings).precision == .tf32)
  }

  @Test func roundedProductsNeedCapturedSteps() throws {
    for other in ["training.capture=false", "device=cuda"] {
      let error = try failure(ConfigurationError.self) {
        try ConfigurationLoader.load("vae-mnist", settings: ["precision=bf16", other])
      }
      #expect(
        error.description.hasPrefix("precision: products are rounded to bf16 in captured steps"), "\(error)")
    }
  }

  @Test(arguments: [
    ("training: {steps: 3", "not sound YAML"), ("- 1\n- 2\n", "not a mapping"), ("", "not a mapping"),
    ("just text", "not a mapping"), ("preset: vae-mnits", "did you mean 'vae-mnist'?"),
    ("preset: [vae-mnist]", "preset"), ("preset: {a: b}", "preset"), ("steps: 3", "unknown key 'steps'"),
    ("training.steps: 3", "unknown key 'training.steps'"),
    ("training: {steps: 3, steps: 4}", "not sound YAML"),
    ("training: ~", "training: "), ("a: &a [*a]", "not sound YAML"), ("? [1, 2]\n: 3", "unknown key"),
    ("1: 2", "unknown key '1'"),
    ("training: {steps: 0x10g}", "training.steps: '0x10g' where an integer belongs"),
  ])
  func unsoundFiles(_ text: String, _ expected: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "mine.yaml")
      try Data(text.utf8).write(to: file)
      let error = try failure(ConfigurationError.self) { try ConfigurationLoader.load(file.path) }
      #expect(error.description.contains(expected), "\(error)")
      #expect(error.exitStatus == 2 && !error.description.contains("\n"))
    }
  }

  @Test func filesThatCannotBeRead() throws {
    try withTemporaryFolder { folder in
      let binary = folder.appending(path: "binary.yaml")
      try Data([0xFF, 0xFE, 0x00, 0xC3]).write(to: binary)
      let directory = folder.appending(path: "folder.yaml")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
      for url in [binary, directory, folder.appending(path: "absent.yaml")] {
        let error = try failure(ConfigurationError.self) { try ConfigurationLoader.load(url.path) }
        #expect(error.location == url.path)
      }
    }
  }

  @Test(arguments: Preset.names, Variant.allCases) func presetsSurviveTheirFile(
    _ name: String, _ variant: Variant
  ) throws {
    try expectRoundTrip(configuration(name, "variant=\(variant.rawValue)"))
  }

  @Test func oddValuesSurviveTheirFile() throws {
    var odd = RunConfiguration()
    odd.seed = .max
    odd.name = "a: b # 'c' \"d\" é"
    odd.encoder.hidden = []
    odd.likelihood.scale = 0.1 + 0.2
    odd.optimiser.epsilon = .leastNormalMagnitude
    odd.optimiser.learningRate = 1e22
    for path in [
      "", "~", "null", "true", "12", "1e3", " leading", "new\nline", "{x}", "- a", "*a", "%b", "@", "0x1F",
    ] {
      odd.data.path = path
      try expectRoundTrip(odd)
    }
  }

  private func expectRoundTrip(_ configuration: RunConfiguration) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "config.yaml")
      try Data(ConfigurationLoader.yaml(configuration).utf8).write(to: url)
      let back = try ConfigurationLoader.load(runFile: url)
      #expect(back == configuration, "\(ConfigurationLoader.yaml(back))")
    }
  }

  @Test func nearestNames() {
    let names = ["analytic", "monte-carlo", "training.steps"]
    #expect(names.nearest(to: "analitic") == "analytic")
    #expect(names.nearest(to: "Monte-Carlo") == "monte-carlo")
    #expect(names.nearest(to: "") == nil)
    #expect(names.nearest(to: "quadrature") == nil)
    #expect([String]().nearest(to: "a") == nil)
  }
}
