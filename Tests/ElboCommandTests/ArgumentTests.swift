import Foundation
import Testing

/// Arguments and configurations that make no sense: one line, status 2 (or 1), and nothing on disk.
@Suite(.timeLimit(.minutes(5))) struct ArgumentTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A command line, its exit status, and what its one line must say.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let status: Int32
    let parts: [String]

    init(_ arguments: String..., status: Int32 = 2, says parts: String...) {
      self.arguments = arguments
      self.status = status
      self.parts = parts
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let mistakes = [
    Mistake("trian", says: "'trian'", "did you mean 'train'?"),
    Mistake("frobnicate", says: "'frobnicate'", "elbo --help"),
    Mistake("--frobnicate", says: "--frobnicate", "elbo --help"),
    Mistake("train", says: "preset", "--resume", "elbo train --help"),
    Mistake("train", "vae-mnist", "--frobnicate", says: "--frobnicate", "elbo train --help"),
    Mistake("train", "vae-mnist", "--threads", "0", says: "--threads 0"),
    Mistake("train", "vae-mnist", "--resume", "run", says: "--resume"),
    Mistake("train", "--resume", "run", "--out", "other", says: "--out"),
    Mistake("train", "vae-mnst", says: "unknown preset 'vae-mnst'", "did you mean 'vae-mnist'?"),
    Mistake("train", "zzz", says: "unknown preset 'zzz'", "known: aae-mnist, aae-mnist-clusters-16"),
    Mistake("train", ".", says: ".: is a folder", "data.name=images", "data.path=."),
    Mistake(
      "train", "vae-fashion", "--set", "data.path=.", status: 1, says: "lacks train-images-idx3-ubyte",
      "name the folder with the four files"),
    Mistake("export", ".", "--format", "onx", says: "'bundle'; see 'elbo export --help'"),
    Mistake("presets", "vae-mnst", says: "did you mean 'vae-mnist'?"),
    Mistake("bench", "avb-four-points", "--steps", "0", says: "--steps"),
    Mistake("bench", "avb-four-points", "--steps", "99999999999999999999", says: "99999999999999999999"),
    Mistake("data", "fetch", "mnits", says: "mnits", "did you mean 'mnist'?"),
    Mistake("data", "fetch", "xyz", says: "use one of: mnist"),
    Mistake("data", "fetsh", "mnist", says: "unknown command 'data fetsh'", "did you mean 'data fetch'?"),
    Mistake("runs", "lst", says: "elbo runs lst", "did you mean 'list'?"),
    Mistake("train", "vae-mnist", "--sed", "1", says: "'--sed'", "'--set'"),
    Mistake("evaluate", ".", "--split", "tset", says: "'tset'", "'test'"),
    Mistake("train", "nowhere.yaml", says: "nowhere.yaml", "cannot be read"),
    Mistake("evaluate", "nowhere", status: 1, says: "nowhere", "not a folder", "elbo train"),
    Mistake("train", "--resume", "nowhere", status: 1, says: "nowhere", "not a folder"),
    Mistake("figures", ".", status: 1, says: "holds no config.yaml"),
    Mistake("sample", ".", "-n", "0", says: "-n 0"),
    Mistake("sample", ".", "--from", "mixtur", says: "--from", "'mixtur'", "did you mean 'mixture'?"),
    Mistake("sample", ".", "--from", "zzzz", says: "known: flow, mixture, prior"),
    Mistake("sample", ".", "--from", "mixture", "--components", "0", says: "--components", "0 is not 1"),
    Mistake("sample", ".", "--components", "5", says: "--components", "--from mixture"),
    Mistake("decode", ".", says: "--z"),
    Mistake("runs", "compare", "one", says: "one run alone", "elbo runs compare --help"),
    Mistake("runs", "compare", "a", "b", "-o", "page.pdf", says: "page.pdf", ".html"),
    Mistake("runs", "compare", "nowhere", ".", status: 1, says: "nowhere", "not a folder"),
    Mistake("runs", "list", "nowhere", status: 1, says: "nowhere", "not a folder"),
    Mistake("export", ".", "--format", "onx", says: "--format", "'onx'", "'safetensors'"),
    Mistake("export", ".", "--format", "safetensors", "-o", "weights", says: "weights", ".safetensors"),
    Mistake("export", "nowhere", "--format", "onnx", status: 1, says: "nowhere", "not a folder"),
    Mistake("import", "nowhere.safetensors", status: 1, says: "nowhere.safetensors", "cannot be read"),
    Mistake("decode", ".", "--mean", "--sample", "--z", "1", says: "--sample"),
  ]

  @Test(arguments: mistakes) func mistakesEndInOneLine(_ mistake: Mistake) async throws {
    let outcome = try await scratch.elbo.run(mistake.arguments)
    outcome.expectFailure(mistake.status)
    for part in mistake.parts {
      #expect(outcome.errors.contains(part), "'\(part)' is not in \(outcome.errors)")
    }
    #expect(try scratch.names().isEmpty)
  }

  /// An assignment, and what the line about it must say.
  static let assignments: [(String, [String])] = [
    ("likelyhood.kind=x", ["unknown key 'likelyhood.kind'", "did you mean 'likelihood.kind'?"]),
    ("training.foo.bar=5", ["unknown key 'training.foo.bar'", "known: training.batchSize"]),
    ("frobnicate=5", ["unknown key 'frobnicate'", "elbo presets NAME"]),
    ("optimiser.kind=adma", ["optimiser.kind", "'adma'", "did you mean 'adam'?"]),
    ("data.name=mnits", ["data.name", "did you mean 'mnist'?"]),
    ("variant=faithfull", ["variant", "did you mean 'faithful'?"]),
    ("encoder.kind=convolutional", ["encoder.kind", "needs images"]),
    ("training.steps=ten", ["training.steps", "'ten' where an integer belongs"]),
    ("training.steps=99999999999999999999", ["training.steps", "integer"]),
    ("training=5", ["training", "'5' where a mapping of keys"]),
    ("encoder.hidden=5", ["encoder.hidden", "'5' where a list"]),
    ("seed=-1", ["seed", "'-1' where an integer of 0 or more belongs"]),
    ("latent.dimension=-2", ["latent.dimension", "-2 is not 1"]),
    ("latent.dimension=1000000000000", ["latent.dimension", "1000000000000 is not 1 to"]),
    ("decoder.hidden=[1000000000]", ["decoder.hidden", "1000000000 is not 1 to"]),
    ("encoder.hidden=[8, -5]", ["encoder.hidden", "-5 is not 1"]),
    ("training.batchSize=1000000000000", ["training.batchSize", "1000000000000"]),
    ("figures.rows=1000000000", ["figures.rows", "1000000000"]),
    ("data.pointsPerClass=9000000000000000000", ["9000000000000000000"]),
    ("optimiser.learningRate=.nan", ["optimiser.learningRate", "nan"]),
    ("seed", ["--set seed", "not of the form key=value"]),
    ("seed=[1", ["--set seed=[1", "not sound YAML"]),
  ]

  @Test(arguments: assignments) func assignmentsThatMakeNoSense(_ text: String, _ parts: [String])
    async throws
  {
    let outcome = try await scratch.elbo("train", "avb-four-points", "--set", text, "--out", "run")
    outcome.expectFailure(2)
    for part in parts { #expect(outcome.errors.contains(part), "'\(part)' is not in \(outcome.errors)") }
    #expect(try scratch.names().isEmpty)
  }

  @Test(arguments: [
    ("a: [1", "not sound YAML"), ("5", "not a mapping"), ("", "not a mapping"), ("- 1\n- 2", "not a mapping"),
    ("preset: [vae-mnist]", "not a preset's name"),
    ("preset: vae-mnst", "did you mean 'vae-mnist'?"),
    ("trainig: {steps: 5}", "did you mean 'training.steps'?"),
    ("training: {steps: -5}", "-5 is not 1 or more"),
  ]) func filesThatMakeNoSense(_ text: String, _ part: String) async throws {
    try scratch.write(text, to: "mine.yaml")
    try await scratch.elbo("train", "mine.yaml", "--out", "run").expectFailure(2, part)
    #expect(try scratch.names() == ["mine.yaml"])
  }

  @Test func aFileThatIsNoText() async throws {
    try scratch.write([0xFF, 0xFE, 0x80, 0x00], to: "mine.yaml")
    try await scratch.elbo("train", "mine.yaml", "--out", "run").expectFailure(
      2, "mine.yaml", "cannot be read")
  }

  /// Sizes that no memory holds end in a line, not in a trap of the process.
  @Test(arguments: [
    "encoder.hidden=[1000000, 1000000]", "decoder.hidden=[1000000, 1000000, 1000000]",
  ]) func sizesBeyondMemory(_ assignment: String) async throws {
    let outcome = try await scratch.elbo(
      "train", "avb-four-points", "--set", assignment, "--out", "run")
    outcome.expectFailure(1, "out of memory", "use a smaller batch or model")
    #expect(!outcome.errors.contains("alloc_cpu"))
    #expect(try scratch.names().isEmpty)
  }

  @Test func aDeviceThatIsNotThere() async throws {
    let count = try await scratch.elbo("doctor", "--json").json["cudaDevices"] as? Int
    guard count == 0 else { return }
    try await scratch.elbo("train", "avb-four-points", "--device", "cuda", "--out", "run").expectFailure(
      2, "device", "no CUDA device", "--device cpu")
  }

  @Test func latentsThatDoNotFit() async throws {
    try await scratch.trainPoints()
    let before = try scratch.names("points")
    for (z, parts) in [
      ("1,2,3", ["--z", "3 numbers", "2 latent dimensions"]), ("a,b", ["--z a,b", "'a' is not a number"]),
      ("1,nan", ["'nan' is not a number"]), ("", ["''"]), ("1,", ["''"]),
    ] {
      let outcome = try await scratch.elbo("decode", "points", "--z", z)
      outcome.expectFailure(2)
      for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    }
    try await scratch.elbo("decode", "points", "--z", "1,2", "--z", "1").expectFailure(2, "different lengths")
    try await scratch.elbo("evaluate", "points", "--metric", "elbow").expectFailure(2, "did you mean 'elbo'?")
    try await scratch.elbo("evaluate", "points", "--metric", "kl").expectFailure(2, "'kl' is not defined")
    try await scratch.elbo("sample", "points", "-o", "x.png").expectFailure(2, "x.png", "no images", "npy")
    try await scratch.elbo("sample", "points", "-o", "x.jpg").expectFailure(
      2, "x.jpg", "none of .png, .npy and .npz")
    try await scratch.elbo("encode", "points", "-o", "x.png").expectFailure(2, "x.png", "npy")
    try await scratch.elbo("sample", "points", "-n", "100000000000000").expectFailure(1, "out of memory")
    #expect(try scratch.names("points") == before && scratch.names() == ["points"])
  }

  @Test func trainingThatDiverges() async throws {
    let arguments = ["train", "avb-four-points", "--out", "run", "--quiet"] + Tiny.points
    try await scratch.elbo.run(arguments + ["--set", "optimiser.learningRate=1e30"])
      .expectFailure(1, "at step", "use a smaller learning rate")
  }
}
