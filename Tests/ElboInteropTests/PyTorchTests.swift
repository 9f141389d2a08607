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

  @Test(arguments: [("vae-mnist", "vae.py", digits), ("avb-four-points", "avb.py", [])])
  func pyTorchComputesTheSame(preset: String, script: String, settings: [String]) throws {
    try withTemporaryFolder { folder in
      let run = try train(folder, preset, settings)
      let weights = folder.appending(path: "model.safetensors")
      try RunExport(run, version: "test").write(.safetensors, to: weights)
      let x = run.test.features.narrowed(0, from: 0, length: 4)
      try NPY(shape: x.shape, values: x.values(as: Float.self)).data
        .write(to: folder.appending(path: "x.npy"))
      let (z, images) = ("z.npy", "images.npy")
      _ = try Interop.run(
        "Examples/python/" + script,
        [weights.path] + ["x.npy", z, images].map { folder.appending(path: $0).path })
      let (code, decoded) = withoutGradients {
        let code = run.model.encodeZeroNoise(Batch(x))
        return (code.contiguous(), run.model.decodeMean(code, labels: nil))
      }
      #expect(try difference(folder.appending(path: z), code) < 1e-5)
      #expect(try difference(folder.appending(path: images), decoded) < 1e-5)
    }
  }

  @Test(arguments: [("vae-mnist", digits), ("avb-four-points", [])])
  func weightsComeBackBitByBit(preset: String, settings: [String]) throws {
    try withTemporaryFolder { folder in
      let run = try train(folder, preset, settings)
      let own = folder.appending(path: "model.safetensors")
      try RunExport(run, version: "test").write(.safetensors, to: own)
      let theirs = folder.appending(path: "theirs.safetensors")
      _ = try Interop.run("Tests/ElboInteropTests/Python/resave.py", [own.path, theirs.path])
      for file in [own, theirs] {
        let imported = try ImportedWeights(contentsOf: file)
        // PyTorch's file tells no configuration.
        if file == theirs {
          #expect(throws: ExportError.self) { try imported.configuration(named: nil, settings: []) }
        }
        let configuration = try imported.configuration(
          named: file == own ? nil : preset, settings: settings)
        let place = folder.appending(path: "again-" + file.deletingPathExtension().lastPathComponent).path
        let (_, fresh) = try TrainingSession.adopt(
          imported.weights, from: file, as: configuration, out: place)
        #expect(fresh.allSatisfy { $0.hasPrefix("discriminator.") })
        #expect(fresh.isEmpty == (file == own || preset == "vae-mnist"))
        let again = try TrainedRun(place)
        for (name, weight) in run.model.weights where !fresh.contains(name) {
          let (a, b) = (weight.values(as: Float.self), again.model.weights[name]!.values(as: Float.self))
          #expect(a.map(\.bitPattern) == b.map(\.bitPattern), "\(name)")
        }
        // The run can be gone on with.
        let session = try TrainingSession(resuming: place, settings: ["training.steps=3"])
        #expect(try session.run() == .finished)
      }
    }
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
