import ElboData
import Foundation
import Testing

/// Arrays that are mapped: every example is the one that the files hold, whichever file it is in.
struct ArrayTableTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func failure(_ body: () throws -> some Any) throws -> DataError {
    try #require(throws: DataError.self) { _ = try body() }
  }

  @Test func shardsFollowOneAnother() throws {
    for (name, range) in [("b.npy", 7..<9), ("a.npy", 0..<7), ("c.npy", 9..<20)] {
      let values = range.flatMap { row -> [Float] in [Float(row), Float(row) / 8, -1] }
      try folder.write(Array(NPY(shape: [range.count, 3], values: values).data), to: "set/\(name)")
    }
    try folder.write([1], to: "set/notes.txt")
    let table = try NPYTable(path: folder.file("set"))
    #expect(table.count == 20 && table.width == 3 && table.exampleShape == [3])
    #expect(table.knownBounds == -1...19)
    let rows: [Int64] = [19, 0, 6, 7, 8, 9, 7]
    #expect(try table.values(rows) == rows.flatMap { row -> [Float] in [Float(row), Float(row) / 8, -1] })
  }

  /// Bytes are x / 255, and 2 x / 255 - 1, rounded once for each operation.
  @Test func bytesAreScaledAsPixels() throws {
    let path = try folder.write(npy("|u1", [4, 8, 8], (0..<256).map { UInt8($0) }), to: "x.npy")
    for range in PixelRange.allCases {
      let table = try NPYTable(path: path, range: range)
      #expect(table.exampleShape == [8, 8] && table.knownBounds == range.bounds)
      let expected = (0..<256).map { pixel in
        let x = Float(pixel) * Float(1.0 / 255)
        return range == .unit ? x : x * 2 - 1
      }
      #expect(try table.values([0, 1, 2, 3]) == expected)
      #expect(expected[255] == 1 && expected[0] == Float(range.bounds.lowerBound))
    }
  }

  @Test func otherTypesAreTakenAsTheyAre() throws {
    let integers: [Int32] = [-3, 5, 70_000, 0]
    for (type, body) in [
      ("<i4", integers.withUnsafeBytes { Array($0) }),
      ("<i8", integers.map(Int64.init).withUnsafeBytes { Array($0) }),
      ("<f8", integers.map(Double.init).withUnsafeBytes { Array($0) }),
    ] {
      let table = try NPYTable(path: folder.write(npy(type, [2, 2], body), to: "x.npy"))
      #expect(try table.values([1, 0]) == [70_000, 0, -3, 5])
    }
  }

  @Test func filesThatDoNotServe() throws {
    let sound = npy("<f4", [2, 3], floats([0, 1, 2, 3, 4, 5]))
    try folder.write(sound, to: "set/a.npy")
    for (bytes, part) in [
      (npy("|u1", [2, 3], [0, 1, 2, 3, 4, 5]), "examples are u1 of shape [3], those of"),
      (npy("<f4", [3, 2], floats([0, 1, 2, 3, 4, 5])), "examples are f4 of shape [2]"),
      (npy("<f4", [2, 3], floats([0, 1, 2, .nan, 4, 5])), "value 0 of example 1 is nan"),
      (Array(sound.dropLast()), "takes 24 bytes, the file holds 23"),
      (npy("<f4", [6], floats([0, 1, 2, 3, 4, 5])), "an array of shape [6] holds no examples"),
      ([], "the file is empty"),
    ] {
      try folder.write(bytes, to: "set/b.npy")
      let error = try failure { try NPYTable(path: folder.file("set")) }
      #expect(error.location == folder.file("set/b.npy") && error.problem.contains(part), "\(error)")
    }
    try folder.write([1], to: "empty/x.txt")
    #expect(
      try failure { try NPYTable(path: folder.file("empty")) }.problem == "the folder holds no .npy file")
    #expect(try failure { try NPYTable(path: folder.file("none")) }.kind == .missing)
  }

  /// A set above the limit is not read through; what is wrong with it shows when it is fetched.
  @Test func largeSetsAreCheckedAsTheyAreRead() throws {
    var values = [Float](repeating: 0.5, count: 40)
    values[21] = .infinity
    let path = try folder.write(npy("<f4", [10, 4], floats(values)), to: "x.npy")
    let table = try NPYTable(path: path, checkingUpTo: 159)
    #expect(table.knownBounds == nil)
    #expect(try table.values([0, 4, 6]).count == 12)
    let error = try failure { try table.values([4, 5]) }
    #expect(error.location == path && error.problem == "value 1 of example 5 is inf")
    #expect(try failure { try NPYTable(path: path, checkingUpTo: 160) }.problem == error.problem)
  }

  /// What NumPy packed, stored and deflated; Golden/make_npz.py.
  @Test(arguments: ["stored.npz", "deflated.npz"]) func arraysThatNumpyPacked(_ name: String) throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)").path
    let table = try NPYTable(path: path, array: "x")
    #expect(table.count == 12 && table.exampleShape == [2, 3])
    #expect(try table.values([11, 0]) == [66, 67, 68, 69, 70, 71, 0, 1, 2, 3, 4, 5].map { Float($0) / 8 })
    #expect(try NPZ.array(of: path, named: "y").values == (0..<12).map { Float($0 % 3) })
    let error = try failure { try NPYTable(path: path) }
    #expect(error.problem == "it holds 2 arrays, and none is named" && error.remedy == "name one of: x, y")
    #expect(try failure { try NPZ.array(of: path, named: "z") }.problem == "it holds no array 'z'")
  }

  @Test func packedFilesThatAreDamaged() throws {
    let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/deflated.npz")
    let sound = Array(try Data(contentsOf: golden))
    var noticed = 0
    for place in stride(from: 0, to: sound.count, by: 7) {
      var bytes = sound
      bytes[place] ^= 0x41
      let path = try folder.write(bytes, to: "x.npz")
      // Dates and the like do no harm; whatever is read is what was written.
      do {
        #expect(try NPZ.array(of: path, named: "x") == NPZ.array(of: golden.path, named: "x"))
      } catch { noticed += 1 }
      let short = try folder.write(Array(sound[..<place]), to: "short.npz")
      #expect(throws: DataError.self) { try NPZ.array(of: short, named: "x") }
    }
    #expect(noticed > 20)
  }

  @Test func arraysComeBackFromWhatIsPacked() throws {
    let arrays = [
      ("arr_0", NPY(shape: [3, 2], values: [0, 1, -2, .pi, 4, 5])), ("z", NPY(shape: [1], values: [7])),
    ]
    let path = try folder.write(Array(NPZ.data(arrays)), to: "x.npz")
    for (name, array) in arrays { #expect(try NPZ.array(of: path, named: name) == array) }
  }

  @Test func sumsAreThoseOfTheProgramForThem() throws {
    let paths = try (0..<3).map {
      try folder.write([UInt8](repeating: UInt8($0), count: $0 * 1000), to: "f\($0)")
    }
    #expect(throws: DataError.self) { try FileDigests(paths) }
    let some = Array(paths.dropFirst())
    let sums = try FileDigests(some)
    #expect(try sums.text == String(decoding: run("sha256sum", some[0], some[1]), as: UTF8.self))
    try FileDigests.check(some, against: sums.text, name: "sums")
    #expect(
      try failure { try FileDigests.check(some + ["/etc/passwd"], against: sums.text, name: "sums") }
        .location == "/etc/passwd")
    #expect(
      try failure { try FileDigests.check([some[0]], against: sums.text, name: "sums") }.location == some[1])
    try folder.write([9], to: "f2")
    let error = try failure { try FileDigests.check(some, against: sums.text, name: "sums") }
    #expect(error.location == some[1] && error.kind == .corrupt)
  }
}
