import Foundation
import Testing
import Torch

@Suite struct SafetensorsTests {
  /// The tensors of `FILE` in make_golden.py.
  static func known() -> Safetensors {
    let wide: [Float] = [1.5, -2.25, 3e38, .infinity, .leastNonzeroMagnitude, -0.0]
    return Safetensors(
      tensors: [
        "float32": Tensor(wide, shape: [2, 3]),
        "float64": Tensor([1.0 / 3, -1e300] as [Double], shape: [2]),
        "bfloat16": Tensor([1, -0.5, 3.140625] as [Float], shape: [3]).converted(to: .bfloat16),
        "float16": Tensor([1, -0.5, 65504] as [Float], shape: [3]).converted(to: .float16),
        "int64": Tensor([1 << 62, -1] as [Int64], shape: [2]),
        "int32": Tensor([Int32.max, .min], shape: [2, 1]),
        "uint8": Tensor([0, 7, 255] as [UInt8], shape: [3]),
        "bool": Tensor([1, 0, 1] as [UInt8], shape: [3]).converted(to: .bool),
        "empty": Tensor.zeros([0, 3]),
        "scalar": Tensor(42),
      ], metadata: ["format": "pt", "note": "quotes \" and \\ and ünïcödé"])
  }

  private func expectEqual(_ found: Safetensors, _ expected: Safetensors) throws {
    #expect(found.metadata == expected.metadata)
    #expect(found.tensors.keys.sorted() == expected.tensors.keys.sorted())
    for (name, tensor) in expected.tensors {
      #expect(identical(try #require(found.tensors[name]), tensor), "\(name)")
    }
  }

  @Test func readsWhatPythonWrote() throws {
    try expectEqual(Safetensors(contentsOf: Golden.url("python")), Self.known())
  }

  /// The file that make_golden.py read with the reference library and found equal. WRITE_GOLDEN in the
  /// environment renews it.
  @Test func writesWhatPythonRead() throws {
    if ProcessInfo.processInfo.environment["WRITE_GOLDEN"] != nil {
      try Self.known().write(to: Golden.url("swift"))
    }
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file.safetensors")
      try Self.known().write(to: url)
      #expect(try Data(contentsOf: url) == Data(contentsOf: Golden.url("swift")))
    }
  }

  @Test func roundTripsEveryType() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file.safetensors")
      try Self.known().write(to: url)
      try expectEqual(Safetensors(contentsOf: url), Self.known())
      #expect(try contents(folder) == ["file.safetensors"])
    }
  }

  /// Tensors of any shape, type and name, laid out in memory in another order than in the file.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func roundTripsAnything(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var tensors: [String: Tensor] = [:]
    for index in 0..<Int.random(in: 0...6, using: &random) {
      let shape = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 0...4, using: &random)
      }
      let type = ElementType.allCases.randomElement(using: &random) ?? .float32
      let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: 0...200, using: &random) }
      let order = shape.indices.shuffled(using: &random)
      let name = ["", "a.b", "/\\\"\n\u{0}", "层", "🧠", "__meta__"].randomElement(using: &random)!
      tensors["\(name)\(index)"] = Tensor(values, shape: shape).converted(to: type).permuted(order)
    }
    let file = Safetensors(tensors: tensors, metadata: seed % 2 == 0 ? [:] : ["k": "v\n\"", "": ""])
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      try file.write(to: url)
      try expectEqual(Safetensors(contentsOf: url), file)
    }
  }

  @Test func writesParametersAndOverwritesFiles() throws {
    let layer = Linear(inputs: 3, outputs: 2, initialiser: .heNormal, using: Generator(seed: 0))
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      try Data(repeating: 7, count: 100_000).write(to: url)
      try Safetensors(tensors: layer.parameters.dictionary).write(to: url)
      let read = try Safetensors(contentsOf: url)
      #expect(identical(try #require(read.tensors["weight"]), layer.weight.tensor))
      #expect(read.tensors["weight"]?.requiresGradient == false)
    }
  }

  @Test func aTensorCannotTakeTheMetadatasName() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      #expect(throws: FileError.self) { try Safetensors(tensors: ["__metadata__": Tensor(1)]).write(to: url) }
      let left = try contents(folder)
      #expect(left.isEmpty)
    }
  }

  @Test func saysWhichFileCannotBeReadAndWhy() throws {
    try withTemporaryFolder { folder in
      let missing = folder.appending(path: "missing")
      let error = #expect(throws: FileError.self) { try Safetensors(contentsOf: missing) }
      #expect(
        error?.description == "\(missing.path): cannot be read: no such file or directory; check the path")
      let directory = #expect(throws: FileError.self) { try Safetensors(contentsOf: folder) }
      #expect(directory?.problem == "cannot be read: is a directory")
      let device = #expect(throws: FileError.self) { try Safetensors(contentsOf: URL(filePath: "/dev/zero")) }
      #expect(device?.problem == "cannot be read: not a regular file")
      let beneath = Golden.url("python").appending(path: "x")
      let wrongPlace = #expect(throws: FileError.self) { try Safetensors(contentsOf: beneath) }
      #expect(wrongPlace?.problem == "cannot be read: not a directory")
    }
  }

  /// As nobody, since root may read everything.
  @Test func saysThatAFileMayNotBeRead() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let url = folder.appending(path: "file")
        try Safetensors(tensors: ["a": Tensor(1)]).write(to: url)
        chmod(url.path, 0)
        let user = geteuid()
        if user == 0 { #expect(seteuid(65534) == 0) }
        let error = #expect(throws: FileError.self) { try Safetensors(contentsOf: url) }
        if user == 0 { #expect(seteuid(0) == 0) }
        #expect(error?.problem == "cannot be read: permission denied")
      }
    }
  }
}
