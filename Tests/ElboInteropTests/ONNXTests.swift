import Elbo
import ElboData
import ElboFormats
import Foundation
import Testing
import Torch

/// Encoders and decoders as ONNX: onnx's checker passes them, and onnxruntime computes what Elbo computes.
@Suite(.enabled(if: Interop.isReady, Interop.reason), .timeLimit(.minutes(5))) struct ONNXTests {
  /// What check_onnx.py prints of a file.
  struct File: Decodable {
    let inputs: [String: [Size]]
    let outputs: [String: [Size]]
    let initializers: [String]
    let opset: Int
    let metadata: [String: String]
    let errors: [String: Double]
  }

  /// A dimension: a number, or a name.
  enum Size: Decodable, Equatable, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    case count(Int), name(String)

    init(integerLiteral value: Int) { self = .count(value) }
    init(stringLiteral value: String) { self = .name(value) }
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      self =
        try (try? container.decode(Int.self)).map { .count($0) } ?? .name(container.decode(String.self))
    }
  }

  /// A model with weights far from those it starts with, so that no bias is zero.
  private func model(
    _ preset: String, _ settings: [String], features: Int, image: ImageShape?
  ) throws -> any LatentVariableModel {
    let generator = Generator(seed: 3)
    let model = try ModelBuilder.build(
      ConfigurationLoader.load(preset, settings: settings),
      shape: DataShape(features: features, image: image, classes: 10), using: generator)
    withoutGradients {
      for (_, weight) in model.weights.sorted(by: { $0.key < $1.key }) where weight.count > 1 {
        weight.add(inPlace: Tensor.standardNormal(weight.shape, using: generator) * 0.05)
      }
    }
    return model
  }

  /// Writes a model's files, and what it computes of batches of 1 and of 7.
  private func write(_ model: any LatentVariableModel, features: Int, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let networks = NetworkExport(
      model, features: features, device: .cpu, version: "test", facts: [("elbo.preset", "test")])
    try networks.encoder().write(to: folder.appending(path: "encoder.onnx"))
    try networks.decoder().write(to: folder.appending(path: "decoder.onnx"))
    for batch in [1, 7] {
      let generator = Generator(seed: UInt64(batch))
      func classes(_ count: Int?) -> Tensor? {
        count.map { count in
          Tensor((0..<batch).map { Int64($0 % count) }, shape: [batch]).oneHot(classes: count)
            .converted(to: .float32)
        }
      }
      func save(_ network: String, _ inputs: [String: Tensor?], _ outputs: [NamedTensor]) throws {
        let stem = folder.appending(path: "\(network)-\(batch)").path
        try Safetensors(tensors: inputs.compactMapValues { $0 })
          .write(to: URL(filePath: stem + ".in.safetensors"))
        let named = outputs.map { ($0.name, $0.tensor.contiguous()) }
        try Safetensors(tensors: Dictionary(uniqueKeysWithValues: named))
          .write(to: URL(filePath: stem + ".out.safetensors"))
      }
      try withoutGradients {
        let x = Tensor.uniform([batch, features], using: generator)
        let draws = try networks.noiseShapes(batch: batch).map { Tensor.standardNormal($0, using: generator) }
        let replay = Generator(replaying: draws)
        let encoded = model.encoderOutputs(x, classes: classes(model.encoderClasses), using: replay)
        #expect(replay.replayProblem == nil)
        try save(
          "encoder", ["x": x, "classes": classes(model.encoderClasses), "noise": draws.first], encoded)
        let z = Tensor.standardNormal([batch, model.latentDimension], using: generator)
        try save(
          "decoder", ["z": z, "classes": classes(model.decoderClasses)],
          model.decoderOutputs(z, classes: classes(model.decoderClasses)))
      }
    }
  }

  private func check(_ files: [String: File], count: Int) {
    #expect(files.count == count)
    for (name, file) in files {
      #expect(file.opset == 18)
      #expect(file.errors.count == 2 * file.outputs.count, "\(name)")
      for (output, error) in file.errors { #expect(error < 1e-5, "\(name): \(output)") }
      for (input, sizes) in file.inputs { #expect(sizes.contains("batch"), "\(name): \(input)") }
      for (output, sizes) in file.outputs { #expect(sizes.first == "batch", "\(name): \(output)") }
      #expect(file.metadata["elbo.preset"] == "test")
    }
  }

  @Test func presetsRunInOnnxruntime() throws {
    let presets = [
      ("avb-four-points", 4), ("vae-mnist", 784), ("vae-fashion-conv", 784), ("aae-mnist", 784),
      ("avb-mnist-8", 784), ("cvae-mnist", 784), ("vae-iaf-mnist", 784), ("aae-mnist-clusters-16", 784),
      ("aae-mnist-embedding", 784), ("aae-mnist-supervised", 784),
    ]
    try withTemporaryFolder { folder in
      for (preset, features) in presets {
        let image = features == 784 ? ImageShape(channels: 1, height: 28, width: 28) : nil
        let model = try model(preset, [], features: features, image: image)
        try write(model, features: features, to: folder.appending(path: preset))
      }
      let files: [String: File] = try read(folder, presets.map(\.0))
      check(files, count: 2 * presets.count)
      let encoder = try #require(files["vae-mnist/encoder"])
      #expect(encoder.inputs == ["x": ["batch", 784]])
      #expect(encoder.outputs == ["mean": ["batch", 100], "log_scale": ["batch", 100]])
      #expect(encoder.initializers.contains("encoder.network.layers.0.weight"))
      let implicit = try #require(files["avb-four-points/encoder"])
      #expect(implicit.inputs == ["x": ["batch", 4], "noise": ["batch", 4]])
      #expect(implicit.outputs == ["z": ["batch", 2]])
      let decoder = try #require(files["cvae-mnist/decoder"])
      #expect(decoder.inputs["classes"] == ["batch", 10])
      #expect(Set(decoder.outputs.keys) == ["mean", "logits"])
    }
  }

  /// Settings of small models that between them have every kind of posterior, likelihood, network and activation.
  static let kinds =
    [
      "deterministic", "gaussian", "gaussian-full", "implicit", "implicit-moments", "planar-flow",
      "realnvp-flow", "iaf-flow", "class-style",
    ].map { ["posterior.kind=\($0)", "divergence.kind=adversarial"] }
    + [
      "bernoulli", "bernoulli-clipped", "continuous-bernoulli", "gaussian", "gaussian-learned",
      "discretised-logistic", "categorical",
    ].map { ["likelihood.kind=\($0)"] }
    + ["relu", "leaky-relu", "elu", "tanh", "sigmoid", "softplus", "silu", "gelu"].map {
      ["encoder.activation=\($0)", "decoder.activation=\($0)"]
    }
    + [
      ["encoder.kind=residual", "decoder.kind=residual", "encoder.hidden=[8, 8]", "decoder.hidden=[8, 8]"],
      ["posterior.scale=log-variance"],
      [
        "encoder.kind=convolutional", "decoder.kind=convolutional", "posterior.kind=implicit",
        "divergence.kind=adversarial", "encoder.padding=2", "decoder.padding=2",
      ],
      ["conditioning.encoder=true", "conditioning.decoder=true"],
    ]

  @Test func everyKindOfPartRunsInOnnxruntime() throws {
    let small = [
      "encoder.hidden=[12]", "decoder.hidden=[12]", "discriminator.hidden=[8]", "latent.dimension=3",
      "posterior.basis=3", "posterior.basisHidden=[8]", "posterior.flowHidden=[8]", "posterior.flowLength=2",
      "posterior.classes=2", "likelihood.levels=4",
    ]
    try withTemporaryFolder { folder in
      for (index, settings) in Self.kinds.enumerated() {
        let model = try model(
          "vae-fashion", small + settings, features: 144,
          image: ImageShape(channels: 1, height: 12, width: 12))
        try write(model, features: 144, to: folder.appending(path: "\(index)"))
      }
      check(try read(folder, Self.kinds.indices.map(String.init)), count: 2 * Self.kinds.count)
    }
  }

  private func read(_ folder: URL, _ names: [String]) throws -> [String: File] {
    let places = names.map { folder.appending(path: $0).path }
    return try JSONDecoder().decode(
      [String: File].self, from: Interop.run("Tests/ElboInteropTests/Python/check_onnx.py", places))
  }

  /// The program's own `export`, `encode` and `decode`, as people run them.
  @Test(
    arguments: [
      ("avb-four-points", "zero-noise", []),
      ("vae-fashion-conv", "mean", ["data.name=drawn-digits", "data.size=28", "data.count=60"]),
    ])
  func theProgramSaysTheSame(preset: String, code: String, settings: [String]) throws {
    struct Errors: Decodable {
      let encoder: Double
      let decoder: Double
    }
    try withTemporaryFolder { folder in
      func path(_ name: String) -> String { folder.appending(path: name).path }
      try Interop.elbo(
        ["train", preset, "--quiet", "--threads", "1", "--out", path("run")]
          + (settings + ["training.steps=1"]).flatMap { ["--set", $0] })
      try Interop.elbo(["export", path("run"), "--format", "onnx", "--output", path("onnx")])
      let x = try TrainedRun(path("run")).test.features.narrowed(0, from: 0, length: 7)
      try NPY(shape: x.shape, values: x.values(as: Float.self)).data.write(to: URL(filePath: path("x.npy")))
      try Interop.elbo(
        ["encode", path("run"), "--input", path("x.npy"), "--code", code, "-o", path("z.npy")])
      try Interop.elbo(["decode", path("run"), "--input", path("z.npy"), "-o", path("mean.npy")])
      let errors: Errors = try Interop.read(from: "compare_program.py", folder.path)
      #expect(errors.encoder < 1e-5 && errors.decoder < 1e-5)
    }
  }

  @Test func whatHasNoCounterpartIsRefusedWithItsLayer() throws {
    let weight = Tensor.standardNormal([4, 4], using: Generator(seed: 1))
    let error = try #require(throws: ExportError.self) {
      try NetworkExport.check("encoder", width: 4, parameters: ["encoder.layers.0.weight": weight]) { x in
        x.linear(weight: weight, bias: nil).cumulativeSum(over: 1)
      }
    }
    #expect(error.location.contains("encoder, at encoder.layers.0"))
    #expect(error.problem.contains("aten::cumsum"))
  }
}
