import Elbo
import ElboData
import ElboFormats
import Foundation
import Testing
import Torch

/// Weights in PyTorch's modules and back, by the scripts in Examples/python as they stand.
@Suite(.enabled(if: Interop.isReady, Interop.reason), .timeLimit(.minutes(5))) struct PyTorchTests {
  private func train(_ folder: URL, _ preset: String, _ settings: [String]) throws -> TrainedRun {
    let place = folder.appending(path: "run").path
    let configuration = try ConfigurationLoader.load(preset, settings: settings + ["training.steps=2"])
    _ = try TrainingSession(configuration, out: place).run()
    return try TrainedRun(place)
  }

  /// The largest difference of an array in a file from a tensor.
  private func difference(_ file: URL, _ tensor: Tensor) throws -> Float {
    let array = try NPY(contentsOf: file.path)
    #expect(array.shape == tensor.shape)
    return zip(array.values, tensor.values(as: Float.self)).map { abs($0 - $1) }.max() ?? .infinity
  }

  private static let digits = ["data.name=drawn-digits", "data.size=28", "data.count=100"]

  @Test(arguments: [
    ("vae-mnist", "vae.py", digits), ("avb-four-points", "avb.py", []), ("aae-mnist", "aae.py", digits),
  ])
  func pyTorchComputesTheSameAndGivesTheWeightsBack(
    preset: String, script: String, settings: [String]
  ) throws {
    try withTemporaryFolder { folder in
      func place(_ name: String) -> URL { folder.appending(path: name) }
      let run = try train(folder, preset, settings)
      let own = place("model.safetensors")
      let theirs = place("theirs.safetensors")
      try RunExport(run, version: "test").write(.safetensors, to: own)
      let x = run.test.features.narrowed(0, from: 0, length: 4)
      try NPY(shape: x.shape, values: x.values(as: Float.self)).data.write(to: place("x.npy"))
      _ = try Interop.run(
        "Tests/ElboInteropTests/Python/through_pytorch.py",
        [Interop.package.appending(path: "Examples/python/" + script).path]
          + [theirs, own, place("x.npy"), place("z.npy"), place("images.npy")].map(\.path))
      let (code, decoded) = withoutGradients {
        let code = run.model.encodeZeroNoise(Batch(x))
        return (code.contiguous(), run.model.decodeMean(code, labels: nil))
      }
      #expect(try difference(place("z.npy"), code) < 1e-5)
      #expect(try difference(place("images.npy"), decoded) < 1e-5)

      // PyTorch's file tells no configuration, and leaves the discriminator out.
      #expect(throws: ConfigurationError.self) {
        try ImportedWeights(contentsOf: theirs).configuration(named: nil, settings: [])
      }
      try expect(own, named: nil, settings: [], toGiveBack: run, lacking: false)
      try expect(
        theirs, named: preset, settings: settings, toGiveBack: run, lacking: preset != "vae-mnist")
    }
  }

  /// The file makes a run with the same weights, bit by bit, that evaluates to the same and can be gone on with.
  private func expect(
    _ file: URL, named name: String?, settings: [String], toGiveBack run: TrainedRun,
    lacking lacksDiscriminator: Bool
  ) throws {
    let imported = try ImportedWeights(contentsOf: file)
    let configuration = try imported.configuration(named: name, settings: settings)
    let place = file.deletingPathExtension().path + "-run"
    let (_, fresh) = try TrainingSession.adopt(imported.weights, from: file, as: configuration, out: place)
    #expect(fresh.allSatisfy { $0.hasPrefix("discriminator.") })
    #expect(fresh.isEmpty != lacksDiscriminator)
    let again = try TrainedRun(place)
    for (name, weight) in run.model.weights where !fresh.contains(name) {
      let (a, b) = (weight.values(as: Float.self), again.model.weights[name]!.values(as: Float.self))
      #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(name)")
    }
    func reconstruction(_ run: TrainedRun) throws -> Estimate? {
      try Evaluator(model: run.model, dataset: run.test, configuration: run.configuration)
        .evaluate(["reconstruction"])["reconstruction"]
    }
    #expect(try reconstruction(again) == reconstruction(run))
    let session = try TrainingSession(resuming: place, settings: ["training.steps=3"])
    #expect(try session.run() == .finished)
  }

  @Test func anothersWeightsLeaveNothingBehind() throws {
    try withTemporaryFolder { folder in
      let run = try train(folder, "avb-four-points", [])
      let file = folder.appending(path: "model.safetensors")
      try RunExport(run, version: "test").write(.safetensors, to: file)
      let imported = try ImportedWeights(contentsOf: file)
      let other = try imported.configuration(named: nil, settings: ["latent.dimension=3"])
      let place = folder.appending(path: "again")
      let error = try #require(throws: StateMismatch.self) {
        try TrainingSession.adopt(imported.weights, from: file, as: other, out: place.path)
      }
      #expect(error.problem.contains("has shape") && error.location == file.path)
      #expect(!FileManager.default.fileExists(atPath: place.path))
    }
  }
}
