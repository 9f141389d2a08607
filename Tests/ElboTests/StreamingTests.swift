import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Data sets that are fetched while a model trains: the numbers are those of data in memory, bit for bit.
struct StreamingTests {
  private static let tiny = [
    "encoder.hidden=[8]", "decoder.hidden=[8]", "latent.dimension=2", "training.batchSize=7",
    "training.steps=24", "training.logEvery=5", "training.evaluateEvery=10", "checkpoint.every=6",
    "figures.sampleEvery=0",
  ]

  /// Writes `count` images of 8 x 8 bytes as so many shards; their pixels.
  private static func write(_ count: Int, shards: Int, to folder: URL) throws -> [UInt8] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let pixels = (0..<count * 64).map { UInt8(truncatingIfNeeded: $0 &* $0 / 37 + $0 / 64) }
    let per = count / shards
    for shard in 0..<shards {
      let rows = shard * per..<(shard == shards - 1 ? count : (shard + 1) * per)
      var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(rows.count), 8, 8), }"
      header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
      let start: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0]
      try Data(start + Array(header.utf8) + pixels[rows.lowerBound * 64..<rows.upperBound * 64])
        .write(to: folder.appending(path: "part-\(shard).npy"))
    }
    return pixels
  }

  private static func configuration(_ folder: URL, _ extra: String...) throws -> RunConfiguration {
    try ConfigurationLoader.load(
      "vae-mnist", settings: tiny + ["data.name=npy", "data.path=\(folder.path)"] + extra)
  }

  private static func losses(_ trainer: Trainer) -> [[MetricName: Double]] {
    (0..<20).map { _ in trainer.advance(reading: true) }
  }

  @Test(arguments: [
    [], ["data.range=symmetric", "likelihood.kind=gaussian"], ["training.capture=false"],
    ["data.binarisation=dynamic"], ["data.sampling=replacement"], ["training.inputNoise=0.1"],
  ])
  func fetchedExamplesTrainAsThoseInMemory(_ extra: [String]) throws {
    try withTemporaryFolder { folder in
      let pixels = try Self.write(61, shards: 3, to: folder)
      let settings = Self.tiny + ["data.name=npy", "data.path=\(folder.path)"] + extra
      let configuration = try ConfigurationLoader.load("vae-mnist", settings: settings)
      let fetched = try Dataset.load(configuration, .train)
      let whole = Tensor(pixels, shape: [61, 64]).converted(to: .float32)
      whole.multiply(inPlace: 1 / 255)
      if configuration.data.range == .symmetric {
        whole.multiply(inPlace: 2)
        whole.add(inPlace: Tensor(-1))
      }
      let places = try SeededSplit(count: 61, fraction: 0.1, seed: 0, name: "").train
      #expect(places.count == 55 && fetched.image == ImageShape(channels: 1, height: 8, width: 8))
      let held = Dataset(
        name: "npy", features: whole.gathered(Tensor(places.map(Int64.init), shape: [places.count])),
        labels: nil, classNames: [], image: fetched.image, range: fetched.range)
      #expect(fetched.features.bytes == held.features.bytes)
      let found = try Self.losses(Trainer(configuration, dataset: fetched))
      let expected = try Self.losses(Trainer(configuration, dataset: held))
      #expect(found == expected && expected[0].values.allSatisfy(\.isFinite))
    }
  }

  @Test(arguments: [8, 17]) func aRunThatCrashedGoesOnAsIfItHadNot(_ step: Int) throws {
    try withTemporaryFolder { folder in
      let data = folder.appending(path: "data")
      _ = try Self.write(60, shards: 4, to: data)
      let configuration = try Self.configuration(data, "data.checksum=sha256", "data.validation=9")
      let (whole, broken) = (folder.appending(path: "whole"), folder.appending(path: "broken"))
      _ = try TrainingSession(configuration, out: whole.path).run()
      let session = try TrainingSession(
        configuration, out: broken.path, observers: [TrainingTests.Crash(at: step)])
      #expect(throws: TrainingTests.Crash.Failure.self) { try session.run() }
      #expect(try TrainingSession(resuming: broken.path).run() == .finished)
      #expect(try runResults(broken) == runResults(whole))
    }
  }

  @Test func aRunGoesOnWithTheSameDataOnly() throws {
    try withTemporaryFolder { folder in
      let data = folder.appending(path: "data")
      _ = try Self.write(60, shards: 4, to: data)
      let run = folder.appending(path: "run")
      let session = try TrainingSession(Self.configuration(data, "data.checksum=sha256"), out: run.path)
      _ = try session.run()
      let sums = try String(contentsOf: run.appending(path: "data.sha256"), encoding: .utf8)
      #expect(sums.split(separator: "\n").count == 4 && sums.contains("  \(data.path)/part-3.npy"))
      let part = data.appending(path: "part-2.npy")
      var bytes = try Data(contentsOf: part)
      bytes[200] ^= 1
      try bytes.write(to: part)
      let error = try failure(DataError.self) { try TrainingSession(resuming: run.path) }
      #expect(error.location == part.path && error.problem.contains("has changed since the run began"))
      let points = try failure(ConfigurationError.self) {
        try TrainingSession(
          ConfigurationLoader.load("avb-four-points", settings: ["data.checksum=sha256"]), out: run.path)
      }
      #expect(points.location == "data.checksum")
    }
  }

  @Test func partsAreDisjointAndLabelled() throws {
    try withTemporaryFolder { folder in
      _ = try Self.write(50, shards: 2, to: folder.appending(path: "data"))
      let labels = folder.appending(path: "labels.npy")
      try NPY(shape: [50], values: (0..<50).map { Float($0 % 3) }).data.write(to: labels)
      let configuration = try Self.configuration(
        folder.appending(path: "data"), "data.labels=\(labels.path)", "data.testFraction=0.2",
        "data.validation=7")
      let parts = try Split.allCases.map { try Dataset.load(configuration, $0) }
      #expect(parts.map(\.count) == [33, 7, 10] && parts.allSatisfy { $0.classNames == ["0", "1", "2"] })
      let rows = parts.flatMap { part in
        let bytes = part.features.bytes
        return (0..<part.count).map { Array(bytes[$0 * 256..<($0 + 1) * 256]) }
      }
      #expect(Set(rows).count == 50)
      // Each example has its own label: all examples of a class, whole and in parts, are as many.
      let counts = (0..<3).map { label in parts.reduce(0) { $0 + $1.labels!.filter { $0 == label }.count } }
      #expect(counts == [17, 17, 16])
      let other = try Self.configuration(
        folder.appending(path: "data"), "data.splitSeed=1", "data.testFraction=0.2")
      #expect(try Dataset.load(other, .test).features.bytes != parts[2].features.bytes)
      try NPY(shape: [49], values: [Float](repeating: 0, count: 49)).data.write(to: labels)
      #expect(try failure(DataError.self) { try Dataset.load(configuration, .train) }.location == labels.path)
      try NPY(shape: [50], values: [Float](repeating: 0.5, count: 50)).data.write(to: labels)
      #expect(
        try failure(DataError.self) { try Dataset.load(configuration, .train) }.problem == "label 0 is 0.5")
    }
  }

  /// A draw for each example, whatever the batch or the part it is asked for in.
  @Test func pixelsAreDrawnOnceForARun() throws {
    try withTemporaryFolder { folder in
      _ = try Self.write(50, shards: 2, to: folder)
      let grey = try Dataset.load(Self.configuration(folder), .train)
      let black = try Dataset.load(Self.configuration(folder, "data.binarisation=static"), .train)
      #expect(black.features.numbers.allSatisfy { $0 == 0 || $0 == 1 })
      #expect(black.prefix(9).features.bytes.elementsEqual(black.features.bytes.prefix(9 * 256)))
      #expect(
        zip(grey.features.numbers, black.features.numbers).allSatisfy { $0 == $1 || ($0 > 0 && $0 < 1) })
    }
  }

  /// An example that turns out to be unsound in the step that needs it: nothing is lost, and with the data mended the
  /// run goes on as if they had been sound.
  @Test func examplesThatFailOnTheWay() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "own.npy")
      // Of the first look at some thousand every second example is left out; this is one of them.
      let bad = try SeededSplit(count: 2100, fraction: 0.1, seed: 0, name: "").train[101]
      var values = (0..<2100 * 4).map { Float($0 % 97) / 100 }
      let sound = values[bad * 4]
      values[bad * 4] = .nan
      try NPY(shape: [2100, 4], values: values).data.write(to: path, options: .atomic)
      let configuration = try ConfigurationLoader.load(
        "vae-mnist",
        settings: Self.tiny + [
          "data.name=npy", "data.path=\(path.path)", "data.memory=0", "training.batchSize=90",
        ])
      let run = folder.appending(path: "run")
      let error = try failure(DataError.self) { try TrainingSession(configuration, out: run.path).run() }
      #expect(error.location == path.path && error.problem == "value 0 of example \(bad) is nan", "\(error)")
      #expect(error.remedy.hasSuffix("go on with 'elbo train --resume \(run.path)'"), "\(error)")
      values[bad * 4] = sound
      try NPY(shape: [2100, 4], values: values).data.write(to: path, options: .atomic)
      #expect(try TrainingSession(resuming: run.path).run() == .finished)
      let whole = folder.appending(path: "whole")
      _ = try TrainingSession(configuration, out: whole.path).run()
      #expect(try runResults(run) == runResults(whole))
    }
  }

  @Test func tablesOfNumbersAreStandardised() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "own.csv")
      var text = "a,b,kind,constant\n"
      for row in 0..<40 { text += "\(row * row),\(100 - row),\(row % 2 == 0 ? "even" : "odd"),7\n" }
      try Data(text.utf8).write(to: path)
      let settings = [
        "data.name=csv", "data.path=\(path.path)", "data.labels=kind", "likelihood.kind=gaussian",
        "data.standardise=true",
      ]
      let configuration = try ConfigurationLoader.load("vae-mnist", settings: Self.tiny + settings)
      let train = try Dataset.load(configuration, .train)
      #expect(train.count == 36 && train.featureCount == 3 && train.classNames == ["even", "odd"])
      for column in 0..<3 {
        let values = (0..<36).map { train.features.numbers[3 * $0 + column] }
        let mean = values.reduce(0, +) / 36
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 36
        #expect(abs(mean) < 1e-6 && abs(variance - (column == 2 ? 0 : 1)) < 1e-6)
      }
      // The same map for the examples of another file.
      let all = try Dataset.examples(from: path.path, like: train, configuration)
      #expect(all.count == 40)
      let places = try SeededSplit(count: 40, fraction: 0.1, seed: 0, name: "").train
      #expect(all.examples(at: places).features.bytes == train.features.bytes)
      #expect(try Trainer(configuration, dataset: train).advance(reading: true).values.allSatisfy(\.isFinite))
      #expect(
        try PresetDescription("vae-mnist", settings: Self.tiny + settings).parameters["decoder"]
          == 2 * 8 + 8 + 8 * 3 + 3)
    }
  }
}
