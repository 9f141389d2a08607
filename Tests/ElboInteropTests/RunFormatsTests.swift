import Elbo
import ElboData
import ElboFigures
import ElboFormats
import Foundation
import Testing
import Torch

/// A small run's files, as other programs read them.
@Suite(.enabled(if: Interop.isReady, Interop.reason), .timeLimit(.minutes(5))) struct RunFormatsTests {
  /// A run of twenty steps, with TensorBoard's events written on the way.
  private func train(_ folder: URL, _ preset: String = "vae-fashion", _ settings: [String] = []) throws
    -> TrainedRun
  {
    let small = [
      "data.name=drawn-digits", "data.size=8", "data.count=200", "encoder.hidden=[16]",
      "decoder.hidden=[16]", "training.batchSize=50", "training.steps=20", "training.logEvery=5",
      "training.evaluateEvery=10", "figures.sampleEvery=10", "checkpoint.every=10",
    ]
    let session = try TrainingSession(
      ConfigurationLoader.load(preset, settings: preset == "vae-fashion" ? small + settings : settings),
      out: folder.appending(path: "run").path, observers: [SampleGrids(), TensorBoardLog()])
    _ = try session.run()
    return try TrainedRun(folder.appending(path: "run").path)
  }

  /// What read_events.py prints.
  private struct Events: Decodable {
    let scalars: [String: [[Double]]]
    let images: [String: [[Item]]]
    let histograms: [String: [[Double]]]

    enum Item: Decodable, Equatable {
      case number(Int), text(String)
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self =
          try (try? container.decode(Int.self)).map { .number($0) } ?? .text(container.decode(String.self))
      }
    }
  }

  @Test func tensorBoardReadsScalarsImagesAndHistograms() throws {
    try withTemporaryFolder { folder in
      let run = try train(folder)
      let exported = folder.appending(path: "events")
      try RunExport(run, version: "test").write(.tensorboard, to: exported)
      let log = try MetricsLog.read(run.directory.metrics)
      for place in [exported, run.directory.url.appending(path: "tensorboard")] {
        let events: Events = try Interop.read(from: "read_events.py", place.path)
        // Every number of the log is there, in single precision, and nothing else.
        for entry in log {
          for (name, value) in entry.values {
            let points = try #require(events.scalars["\(entry.phase)/\(name)"], "\(entry.phase)/\(name)")
            #expect(points.contains([Double(entry.step), Double(Float(value))]), "\(name)")
          }
        }
        let points = events.scalars.values.map(\.count).reduce(0, +)
        let numbers = log.map(\.values.count).reduce(0, +)
        #expect(points == numbers)
        let grids = try #require(events.images["figures/samples"])
        #expect(grids.map(\.first) == [.number(10), .number(20)])
        for (step, grid) in zip([10, 20], grids) {
          let file = run.directory.figures.appending(path: "samples-000000\(step).png")
          #expect(grid.last == .text(try Foundation.Data(contentsOf: file).sha256))
        }
        for (name, weight) in run.model.weights {
          let points = try #require(events.histograms["weights/" + name])
          let values = weight.detached().converted(to: .float64).values(as: Double.self)
          let last = try #require(points.last)
          #expect(last[0] == 20 && last[3] == Double(values.count) && last[5] == last[3], "\(name)")
          #expect(last[1] == values.min() && last[2] == values.max(), "\(name)")
          #expect(abs(last[4] - values.reduce(0, +)) < 1e-9, "\(name)")
        }
      }
    }
  }

  @Test func aRunThatGoesOnHasEveryStepOnce() throws {
    try withTemporaryFolder { folder in
      let run = try train(folder)
      // The run is taken back to its checkpoint at step 10, as if it had been killed after it.
      let checkpoints = run.directory.checkpoints
      for name in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path)
      where name.hasPrefix("step-00000020") {
        try FileManager.default.removeItem(at: checkpoints.appending(path: name))
      }
      let session = try TrainingSession(
        resuming: run.directory.url.path, observers: [SampleGrids(), TensorBoardLog()])
      #expect(session.trainer.step == 10)
      _ = try session.run()
      let events: Events = try Interop.read(
        from: "read_events.py", run.directory.url.appending(path: "tensorboard").path)
      #expect(events.scalars["train/elbo"]?.map(\.first) == [5, 10, 15, 20])
      #expect(events.images["figures/samples"]?.count == 2)
    }
  }

  @Test func pandasReadsTheLogInOneCall() throws {
    struct Frame: Decodable {
      let rows: Int
      let types: [String: String]
      let phases: [String]
      let steps: [Int]
      let elbo: [Double]
    }
    try withTemporaryFolder { folder in
      let run = try train(folder)
      let log = try MetricsLog.read(run.directory.metrics)
      let frame: Frame = try Interop.read(from: "read_metrics.py", run.directory.metrics.path)
      #expect(frame.rows == log.count)
      #expect(frame.steps == log.map(\.step))
      #expect(frame.phases == Set(log.map(\.phase)).sorted())
      #expect(frame.types["step"] == "int64")
      let metrics = Set(log.flatMap(\.values.keys))
      #expect(metrics.isSubset(of: frame.types.keys))
      for name in metrics { #expect(frame.types[name] == "float64", "\(name)") }
      // pandas reads the last digit as it likes.
      let bounds = log.filter { $0.phase == "test" }.compactMap { $0.values["elbo"] }
      #expect(frame.elbo.count == bounds.count)
      for (found, expected) in zip(frame.elbo, bounds) { #expect(abs(found / expected - 1) < 1e-14) }
    }
  }

  @Test func aBundleHasACardAndIsARun() throws {
    struct Card: Decodable {
      let library_name: String
      let tags: [String]
      let datasets: [String]
      let metrics: [String]
    }
    struct Data: Decodable {
      let name: String
      let testCount: Int
      let testSHA256: String
    }
    struct Contents: Decodable {
      let card: Card
      let text: String
      let metrics: [String: Estimate]
      let data: Data
      let parameters: Int
      let metadata: [String: String]
    }
    try withTemporaryFolder { folder in
      let run = try train(folder)
      let place = folder.appending(path: "bundle")
      try RunExport(run, version: "test").write(.bundle, to: place)
      let contents: Contents = try Interop.read(from: "check_bundle.py", place.path)
      #expect(contents.card.library_name == "elbo")
      // The preset's own words are true of the preset alone.
      #expect(contents.text.contains("After the preset `vae-fashion` ("))
      #expect(contents.card.tags.contains("vae-fashion"))
      #expect(contents.card.datasets == ["drawn-digits"])
      #expect(contents.card.metrics == contents.metrics.keys.sorted())
      #expect(contents.data.testCount == run.test.count)
      #expect(contents.text.contains(contents.data.testSHA256))
      #expect(contents.text.contains("`data.size` is `8`"))
      #expect(contents.parameters == run.model.weights.values.map(\.count).reduce(0, +))
      #expect(contents.metadata["format"] == "pt")

      // It evaluates as the run does, until a byte of its weights is another.
      func estimates(_ run: TrainedRun) throws -> [String: Estimate] {
        let evaluator = Evaluator(model: run.model, dataset: run.test, configuration: run.configuration)
        return try evaluator.evaluate(evaluator.defaultMetrics)
      }
      let bundled = try TrainedRun(place.path)
      #expect(try estimates(bundled) == estimates(run))
      #expect(try estimates(bundled) == contents.metrics)
      #expect(bundled.step == 20)
      let weights = place.appending(path: "model.safetensors")
      var bytes = try Foundation.Data(contentsOf: weights)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: weights)
      let error = try #require(throws: StateMismatch.self) { try TrainedRun(place.path) }
      #expect(error.problem.contains("not those that were written"))
    }
  }

  @Test func whatIsThereAlreadyStays() throws {
    try withTemporaryFolder { folder in
      let run = try train(folder)
      let place = folder.appending(path: "mine")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try Foundation.Data("x".utf8).write(to: place.appending(path: "file"))
      for format in [ExportFormat.onnx, .tensorboard, .bundle] {
        let error = try #require(throws: ConfigurationError.self) {
          try RunExport(run, version: "test").write(format, to: place)
        }
        #expect(error.exitStatus == 2 && error.problem == "is not empty")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == ["file"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["mine", "run"])
    }
  }
}
