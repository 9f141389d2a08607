import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// Data as models see them.
struct DatasetTests {
  private static let digits = ["data.name=drawn-digits", "data.size=8", "data.count=120"]
  private static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "Golden/numpy.npy")

  private func load(_ split: Split = .train, _ settings: String...) throws -> Dataset {
    try Dataset.load(ConfigurationLoader.load("vae-mnist", settings: Self.digits + settings), split)
  }

  @Test func pixelsReachTheEndsOfTheirRange() throws {
    let unit = try load()
    #expect(unit.range == 0...1 && unit.count == 120 && unit.featureCount == 64)
    #expect(unit.image == ImageShape(channels: 1, height: 8, width: 8))
    #expect(unit.features.min().item() == 0 && unit.features.max().item() == 1)
    let symmetric = try load(.train, "data.range=symmetric")
    #expect(symmetric.range == -1...1)
    #expect(symmetric.features.bytes == (unit.features * 2 - 1).bytes)
    #expect(unit.labels?.prefix(3) == [0, 1, 2] && unit.classNames.count == 10)
    #expect(
      try load(.test).count == 100
        && load(.test).features.bytes != unit.features.narrowed(0, from: 0, length: 100).bytes)
  }

  @Test(arguments: [
    [], ["data.range=symmetric", "likelihood.kind=gaussian"], ["training.capture=false"],
    ["data.binarisation=dynamic"], ["data.sampling=full"], ["training.inputNoise=0.1"],
  ])
  func imagesThatStayBytesTrainAsTheirNumbersDo(_ extra: [String]) throws {
    let settings = ["encoder.hidden=[8]", "decoder.hidden=[8]", "latent.dimension=2", "training.batchSize=7"]
    let configuration = try ConfigurationLoader.load(
      "vae-mnist", settings: Self.digits + settings + extra)
    let bytes = try Dataset.load(configuration, .train)
    let numbers = Dataset(
      name: bytes.name, features: bytes.features, labels: bytes.labels, classNames: bytes.classNames,
      image: bytes.image, range: bytes.range)
    func losses(_ dataset: Dataset) throws -> [[MetricName: Double]] {
      let trainer = try Trainer(configuration, dataset: dataset)
      return (0..<20).map { _ in trainer.advance(reading: true) }
    }
    let found = try losses(bytes)
    #expect(try found == losses(numbers) && found[0].values.allSatisfy(\.isFinite))
    let places = Tensor([Int64(5), 0, 119], shape: [3])
    #expect(try bytes.batch(at: places).x.bytes == numbers.features.gathered(places).bytes)
    #expect(
      bytes.examples(at: [5, 0, 119]).prefix(2).features.bytes
        == numbers.examples(at: [5, 0]).features.bytes)
  }

  @Test func binarisation() throws {
    let grey = try load()
    #expect(grey.features.numbers.contains { $0 > 0 && $0 < 1 })
    let black = try load(.train, "data.binarisation=static")
    #expect(black.features.numbers.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(try load(.train, "data.binarisation=static").features.bytes == black.features.bytes)
    #expect(try load(.train, "data.binarisation=dynamic").features.bytes == grey.features.bytes)
    // Pixels that are black or white already stay so.
    #expect(zip(grey.features.numbers, black.features.numbers).allSatisfy { $0 == $1 || ($0 > 0 && $0 < 1) })
  }

  @Test func prefixesAndBatchesHoldEveryExampleInOrder() throws {
    let whole = try load()
    let first = whole.prefix(7)
    #expect(first.count == 7 && first.labels?.count == 7 && whole.prefix(1000).count == 120)
    #expect(first.features.bytes == whole.features.narrowed(0, from: 0, length: 7).contiguous().bytes)
    let batches = try whole.mapBatches(of: 50) { $0 }
    #expect(batches.map(\.count) == [50, 50, 20])
    #expect(Tensor.concatenate(batches.map(\.x), over: 0).bytes == whole.features.bytes)
  }

  @Test func numbersThatNumpyWrote() throws {
    let settings = ["data.name=npy", "data.path=\(Self.golden.path)"]
    let configuration = try ConfigurationLoader.load("avb-four-points", settings: settings)
    // Twenty rows of k/8, of which two are for testing.
    let rows = (0..<20).map { row in (0..<3).map { Double(3 * row + $0) / 8 } }
    let (train, test) = (try Dataset.load(configuration, .train), try Dataset.load(configuration, .test))
    let split = try SeededSplit(count: 20, fraction: 0.1, seed: 0, name: "")
    #expect(split.test.count == 2 && test.features.numbers == split.test.flatMap { rows[$0] })
    #expect(train.features.numbers == split.train.flatMap { rows[$0] })
    #expect(train.range == 0...7.375 && train.image == nil && train.labels == nil)
    #expect(try PresetDescription("avb-four-points", settings: settings).parameters["decoder"] == 67_331)
    let error = try failure(ConfigurationError.self) { try Trainer(configuration, dataset: train) }
    #expect(error.description.contains("features of npy reach from 0.0 to 7.375"))
    let gaussian = try ConfigurationLoader.load(
      "avb-four-points", settings: settings + ["likelihood.kind=gaussian"])
    #expect(try Trainer(gaussian, dataset: train).advance(reading: true).values.allSatisfy(\.isFinite))
  }

  @Test func ownNumbersThatDoNotServe() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "own.npy")
      let settings = ["data.name=npy", "data.path=\(url.path)"]
      for (shape, values, expected) in [
        ([3, 2], [0, 1, .nan, 3, 4, 5], "value 0 of example 1 is nan; remove such examples"),
        ([3, 2], [0, 1, 2, 3, 4, -.infinity], "value 1 of example 2 is -inf"),
        ([3, 2], [0, 1, 2, 3, 4, 5], "a fraction of 0.1 of 3 examples leaves none for testing"),
        ([6], [0, 1, 2, 3, 4, 5], "an array of shape [6] holds no examples"),
        ([0, 3], [], "holds no examples"),
        ([3, 0], [], "holds no examples"),
      ] as [([Int], [Float], String)] {
        try NPY(shape: shape, values: values).data.write(to: url)
        let error = try failure(DataError.self) {
          try Dataset.load(ConfigurationLoader.load("avb-four-points", settings: settings), .test)
        }
        #expect(error.description.contains(expected) && error.location == url.path, "\(error)")
      }
    }
  }

  @Test func hostileHeaders() throws {
    let sound = try Data(contentsOf: Self.golden)
    func file(_ header: String, _ body: Data = Data(count: 24), version: UInt8 = 1, length: Int? = nil)
      -> Data
    {
      let size = length ?? header.utf8.count
      let bytes = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
      return Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0] + bytes) + Data(header.utf8) + body
    }
    func header(_ type: String, _ shape: String, order: String = "False") -> String {
      "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
    }
    let cases: [(Data, String)] = [
      (Data(), "no NPY magic number"), (sound.prefix(7), "no NPY magic number"),
      (sound.dropLast(), "the file holds 479"),
      (sound + Data([0]), "the file holds 481"), (sound.prefix(60), "the header is cut short"),
      (file(header("<f4", "(2, 3)"), version: 2, length: 0xFFFF_FFFF), "the header is cut short"),
      (file(header("<f4", "(2, 3)", order: "True")), "Fortran order"),
      (file(header(">f4", "(2, 3)")), "not one of a plain"),
      (file(header("<f2", "(2, 3)")), "elements of type '<f2' are not read"),
      (file(header("|O", "(2, 3)")), "not one of"),
      (file(header("<f4", "(-2, -3)")), "not one of a plain"),
      (file(header("<f4", "(2 3)")), "is no length"),
      (file(header("<f4", "(2, 4)")), "takes 32 bytes, the file holds 24"),
      (file(header("<f4", "(4611686018427387904, 4)")), "more than the file holds"),
      (file(header("<f4", "(99999999999999999999, 1)")), "is no length"),
      (file(header("<f4", "(0, 9223372036854775807)")), "the file holds 24"),
      (file("not a dictionary\n"), "not one of"),
    ]
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "hostile.npy")
      for (data, expected) in cases {
        try data.write(to: url)
        let error = try failure(DataError.self) { try Dataset.latents(from: url.path) }
        #expect(error.description.contains(expected) && error.location == url.path, "\(expected): \(error)")
      }
      try file(header("<i4", "(3, 2)"), Data([1, 0, 0, 0]) + Data(count: 20), version: 2).write(to: url)
      #expect(try Dataset.latents(from: url.path).numbers == [1, 0, 0, 0, 0, 0])
    }
  }

  @Test func examplesOfTheKindAModelTakes() throws {
    try withTemporaryFolder { folder in
      let configuration = try ConfigurationLoader.load("aae-mnist", settings: Self.digits)
      let trained = try Dataset.load(configuration, .train)
      let own = folder.appending(path: "own.npy")
      try NPY(shape: [2, 8, 8], values: (0..<128).map { Float($0) / 128 }).data.write(to: own)
      let examples = try Dataset.examples(from: own.path, like: trained, configuration)
      #expect(
        examples.features.shape == [2, 64] && examples.image == trained.image && examples.name == "own.npy")
      #expect(examples.features.numbers[127] == 127.0 / 128)

      let idx = folder.appending(path: "images-idx3-ubyte")
      let head: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8]
      try Data(head + [UInt8](repeating: 255, count: 64)).write(to: idx)
      #expect(
        try Dataset.examples(from: idx.path, like: trained, configuration).features.numbers
          == [Double](repeating: 1, count: 64))

      try NPY(shape: [2, 63], values: [Float](repeating: 0, count: 126)).data.write(to: own)
      let error = try failure(DataError.self) {
        try Dataset.examples(from: own.path, like: trained, configuration)
      }
      #expect(error.problem == "examples have 63 features, and the model takes 64")
      #expect(throws: DataError.self) {
        try Dataset.examples(from: folder.appending(path: "absent.npy").path, like: trained, configuration)
      }
    }
  }
}
