import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Folders, weights and logs of runs, sound and unsound.
struct RunFilesTests {
  private func finished(_ folder: URL, _ name: String = "run", _ extra: String = "seed=1") throws
    -> TrainingSession
  {
    let session = try TrainingTests.run(folder.appending(path: name), extra, "training.steps=4")
    _ = try session.run()
    return session
  }

  @Test func aRunHoldsWhatItSays() throws {
    try withTemporaryFolder { folder in
      let session = try finished(folder)
      #expect(
        try contents(session.directory.url) == ["checkpoints", "config.yaml", "figures", "metrics.jsonl"])
      let run = try TrainedRun(session.directory.url.path)
      #expect(run.configuration == session.configuration && run.step == 4)
      for (name, tensor) in session.trainer.model.weights {
        #expect(run.model.weights[name]?.bytes == tensor.bytes, "\(name)")
      }
      #expect(run.test.count == 24)
    }
  }

  @Test func foldersThatAreInTheWay() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data("x".utf8).write(to: file)
      let full = folder.appending(path: "full")
      try FileManager.default.createDirectory(at: full, withIntermediateDirectories: false)
      try Data("x".utf8).write(to: full.appending(path: "mine"))
      for (place, problem) in [
        (file, "exists and is not a folder"), (full, "is not empty"),
        (file.appending(path: "below"), "cannot be made"),
        (URL(filePath: "/proc/elbo/run"), "cannot be made"),
      ] {
        let error = try failure(FileError.self) { try TrainingTests.run(place) }
        #expect(error.problem.hasPrefix(problem) && error.location.hasPrefix(place.path), "\(error)")
        #expect(!error.description.contains("\n") && error.exitStatus == 1)
      }
      #expect(try contents(folder) == ["file", "full"] && contents(full) == ["mine"])
      // An empty folder is nobody's.
      let empty = folder.appending(path: "empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: false)
      _ = try TrainingTests.run(empty)
    }
  }

  @Test func nothingIsWrittenForAModelThatCannotBe() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "run")
      #expect(throws: ConfigurationError.self) {
        try TrainingTests.run(place, "posterior.kind=deterministic")
      }
      #expect(throws: DataError.self) {
        try TrainingTests.run(place, "data.name=mnist", "data.path=\(folder.path)")
      }
      let left = try contents(folder)
      #expect(left.isEmpty)
    }
  }

  @Test func foldersThatHoldNoRun() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data("x".utf8).write(to: file)
      for (path, problem) in [
        (folder.path, "holds no config.yaml"), (file.path, "not a folder"),
        (folder.appending(path: "absent").path, "not a folder"),
      ] {
        #expect(try failure(FileError.self) { try TrainedRun(path) }.problem == problem)
        #expect(try failure(FileError.self) { try TrainingSession(resuming: path) }.problem == problem)
      }
      let session = try TrainingTests.run(folder.appending(path: "fresh"))
      let path = session.directory.url.path
      #expect(try failure(FileError.self) { try TrainedRun(path) }.problem.contains("no checkpoint yet"))
      #expect(throws: FileError.self) { try TrainingSession(resuming: path) }
    }
  }

  @Test func aRunsConfigurationIsCheckedToo() throws {
    try withTemporaryFolder { folder in
      let session = try finished(folder)
      let file = session.directory.configuration
      let text = try String(contentsOf: file, encoding: .utf8)
      for (broken, expected) in [
        (text + "sed: 3\n", "unknown key 'sed'; did you mean 'seed'?"), (text + "\t}{", "not sound YAML"),
        (text.replacingOccurrences(of: "steps: 4", with: "steps: four"), "'four' where an integer belongs"),
      ] {
        try Data(broken.utf8).write(to: file)
        let error = try failure(ConfigurationError.self) { try TrainedRun(session.directory.url.path) }
        #expect(error.description.contains(expected), "\(error)")
      }
    }
  }

  @Test func weightsOfAnotherModelChangeNothing() throws {
    try withTemporaryFolder { folder in
      let weights = try finished(folder).trainer.model.weights
      let target = try model("avb-four-points-shallow", Array(TrainingTests.settings))
      let before = target.weights.mapValues(\.bytes)
      let url = URL(filePath: "/weights")
      var (missing, extra, shaped) = (weights, weights, weights)
      missing["decoder.layers.1.bias"] = nil
      extra["decoder.layers.2.bias"] = Tensor.zeros([4])
      shaped["decoder.layers.0.weight"] = Tensor.zeros([8, 3])
      for (foreign, problem) in [
        (missing, "'decoder.layers.1.bias' is missing"),
        (extra, "'decoder.layers.2.bias' belongs to no part of this model"),
        (shaped, "'decoder.layers.0.weight' has shape [8, 3] where this model has [8, 2]"),
        ([:], "'decoder.layers.0.bias' is missing"),
      ] {
        let error = try failure(StateMismatch.self) {
          try target.load(Safetensors(tensors: foreign), from: url)
        }
        #expect(error.problem == problem && error.location == "/weights" && !error.remedy.isEmpty)
        #expect(target.weights.mapValues(\.bytes) == before)
      }
      try target.load(Safetensors(tensors: weights), from: url)
      #expect(target.weights.mapValues(\.bytes) == weights.mapValues(\.bytes))
    }
  }

  @Test func checkpointsThatDoNotFitTheirRun() throws {
    try withTemporaryFolder { folder in
      let session = try finished(folder)
      let other = try finished(folder, "other", "latent.dimension=3")
      let path = session.directory.url.path
      let weights = session.directory.lastWeights
      let state = try newestState(session.directory.url)
      let (sound, soundState) = (try Data(contentsOf: weights), try Data(contentsOf: state))

      // Both names of the weights are one file's.
      try Data(contentsOf: other.directory.lastWeights).write(to: weights)
      #expect(try failure(StateMismatch.self) { try TrainedRun(path) }.problem.contains("damaged"))
      #expect(
        try failure(StateMismatch.self) { try TrainingSession(resuming: path) }.problem.contains("damaged"))

      for broken in [Data(), sound.prefix(sound.count - 3), sound.prefix(40), Data([0xFF]) + sound] {
        try broken.write(to: weights)
        #expect(try failure(SafetensorsError.self) { try TrainedRun(path) }.location == weights.path)
        #expect(throws: StateMismatch.self) { try TrainingSession(resuming: path) }
      }

      try sound.write(to: weights)
      func refused(_ change: (inout Safetensors) -> Void) throws -> any DiagnosedError {
        var saved = try Safetensors(soundState, name: "state")
        change(&saved)
        try forge(saved, at: state)
        let error = #expect(throws: (any Error).self) { try TrainingSession(resuming: path) }
        return try #require(error as? any DiagnosedError)
      }
      for step in ["3", "-4", nil] {
        #expect(try refused { $0.metadata["step"] = step }.problem.contains("different steps"))
      }
      for name in ["configuration", "metrics"] {
        #expect(try refused { $0.metadata[name] = nil }.problem.contains("lacks the configuration"))
      }
      #expect(try refused { $0.tensors["random"] = nil }.problem == "'random' is missing")
      #expect(
        try refused { $0.tensors["random"] = Tensor([1, 2, 3] as [UInt8], shape: [3]) } is TorchError)
      // What could be read before still can be.
      #expect(try TrainedRun(path).step == 4)
      try forge(Safetensors(soundState, name: "state"), at: state)
      _ = try TrainingSession(resuming: path)
    }
  }

  @Test func logsAreReadLineByLine() throws {
    try withTemporaryFolder { folder in
      let session = try finished(folder)
      let entries = try MetricsLog.read(session.directory.metrics)
      #expect(entries.map(\.step) == [4, 4] && entries.map(\.phase) == ["train", "test"])
      #expect(
        entries.first?.values.keys.sorted()
          == [
            "accuracy", "discriminator", "elbo", "explainedVariance", "generator", "logDensityRatio", "mse",
            "reconstruction",
          ])
      #expect(
        entries.last?.values.keys.sorted() == [
          "bits-per-dimension", "elbo", "log-density-ratio", "mse", "reconstruction",
        ])

      let url = folder.appending(path: "log")
      let sound = "{\"step\":1,\"phase\":\"train\",\"elbo\":-1.5,\"kl\":null}\n"
      try Data((sound + "\n" + sound).utf8).write(to: url)
      #expect(try MetricsLog.read(url).map(\.values) == [["elbo": -1.5], ["elbo": -1.5]])
      // As a run that was killed leaves it.
      try Data((sound + "{\"step\":2,\"phase\":\"tr").utf8).write(to: url)
      #expect(try MetricsLog.read(url).map(\.step) == [1])
      try Data().write(to: url)
      #expect(try MetricsLog.read(url).isEmpty)
      for (text, line) in [
        (sound + "{\"step\":2,\"phase\":\"tr\n", 2), ("[1]\n" + sound, 1),
        ("{\"step\":\"1\",\"phase\":\"train\"}\n", 1),
        (sound + sound + "{\"step\":3}\n", 3), ("\u{0}\n", 1),
      ] {
        try Data(text.utf8).write(to: url)
        #expect(
          try failure(FileError.self) { try MetricsLog.read(url) }.problem
            == "line \(line) is not a line of metrics")
      }
      #expect(throws: FileError.self) { try MetricsLog.read(folder.appending(path: "absent")) }
    }
  }
}
