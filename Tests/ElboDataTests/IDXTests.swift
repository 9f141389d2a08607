import ElboData
import Foundation
import Testing

@Suite struct IDXTests {
  @Test(arguments: [false, true])
  func readsWhatIsThere(isPacked: Bool) throws {
    let folder = try TemporaryFolder()
    let bytes = idxImages(count: 7, height: 5, width: 4)
    // A name without .gz: the kind of file is told by its bytes.
    let path = try folder.write(isPacked ? gzipped(bytes) : bytes, to: "images")
    let images = try IDX.images(at: path)
    #expect((images.count, images.height, images.width) == (7, 5, 4))
    #expect(images.pixels == Array(bytes.dropFirst(16)))
    let labels = idxLabels(count: 33)
    let labelsPath = try folder.write(isPacked ? gzipped(labels) : labels, to: "labels.gz")
    #expect(try IDX.labels(at: labelsPath, classCount: 10) == Array(labels.dropFirst(8)))
  }

  @Test func readsFilesLargerThanAnyBuffer() throws {
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: 1)
    let pixels = (0..<1_500_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let bytes = bigEndian(0x803, 1500, 50, 20) + pixels
    #expect(try IDX.images(at: folder.write(gzipped(bytes), to: "noise.gz")).pixels == pixels)
    #expect(try IDX.images(at: folder.write(bytes, to: "noise")).pixels == pixels)
  }

  @Test func readsSeveralGzipMembersAsOne() throws {
    let folder = try TemporaryFolder()
    let bytes = idxImages(count: 10)
    let packed = try gzipped(Array(bytes[..<21])) + gzipped([]) + gzipped(Array(bytes[21...]))
    let images = try IDX.images(at: folder.write(packed, to: "members.gz"))
    #expect(images.pixels == Array(bytes.dropFirst(16)))
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: DataError.Kind
    let fragment: String
    let bytes: @Sendable () throws -> [UInt8]

    init(
      _ name: String, _ kind: DataError.Kind, _ fragment: String,
      _ bytes: @escaping @Sendable () throws -> [UInt8]
    ) {
      testDescription = name
      self.kind = kind
      self.fragment = fragment
      self.bytes = bytes
    }
  }

  static let hostileImages = [
    Hostile("empty", .malformed, "the file is empty") { [] },
    Hostile("three bytes", .truncated, "3 bytes are no IDX header") { [0, 0, 8] },
    Hostile("text", .malformed, "the magic number is 0x3c68746d") { Array("<html><body>".utf8) },
    Hostile("labels", .malformed, "file of labels, not of images") { idxLabels(count: 9) },
    Hostile("floats", .malformed, "0x00000d03") { bigEndian(0xD03, 1, 1, 1) + [0, 0, 0, 0] },
    Hostile("header cut", .truncated, "ends within the header, after 10 bytes") {
      Array(idxImages(count: 2).prefix(10))
    },
    Hostile("no image", .malformed, "promises 0 images") { bigEndian(0x803, 0, 28, 28) },
    Hostile("no rows", .malformed, "promises 0 rows") { bigEndian(0x803, 5, 0, 28) },
    Hostile("no columns", .malformed, "promises 0 columns") { bigEndian(0x803, 5, 28, 0) },
    Hostile("absurd sizes", .malformed, "the limit is") { bigEndian(0x803, .max, .max, .max) + [1, 2, 3] },
    Hostile("huge sizes", .malformed, "the limit is") { bigEndian(0x803, 1 << 16, 1 << 16, 2) },
    Hostile("one byte short", .truncated, "= 60 bytes, only 59 follow it") {
      idxImages(count: 10).dropLast()
    },
    Hostile("promises 3 GB", .truncated, "only 4 follow it") {
      bigEndian(0x803, 3, 1000, 1_000_000) + [1, 2, 3, 4]
    },
    Hostile("one byte long", .malformed, "bytes after the 10 x 3 x 2 = 60") { idxImages(count: 10) + [0] },
    Hostile("packed: nothing inside", .truncated, "0 bytes are no IDX header") { try gzipped([]) },
    Hostile("packed: wrong magic", .malformed, "the magic number is 0x31323334") {
      try gzipped(Array("12345".utf8))
    },
    Hostile("packed: promises 3 GB", .truncated, "bytes of gzip cannot hold that many") {
      try gzipped(bigEndian(0x803, 3, 1000, 1_000_000) + [1, 2, 3, 4])
    },
    Hostile("packed: short inside", .truncated, "= 60 bytes, only 55 follow it") {
      try gzipped(idxImages(count: 10).dropLast(5))
    },
    Hostile("packed: long inside", .malformed, "bytes after the 10 x 3 x 2") {
      try gzipped(idxImages(count: 10) + [7])
    },
    Hostile("packed: bytes after the stream", .malformed, "after the end of the gzip stream") {
      try gzipped(idxImages(count: 10)) + Array("junk".utf8)
    },
    Hostile("packed: two magic bytes", .truncated, "cut short after 2 bytes") { [0x1F, 0x8B] },
    Hostile("packed: header only", .truncated, "cut short after 9 bytes") {
      try Array(gzipped(idxImages(count: 10)).prefix(9))
    },
    Hostile("packed: cut in the middle", .truncated, "cut short") {
      let bytes = try gzipped(idxImages(count: 10))
      return Array(bytes.prefix(bytes.count / 2))
    },
    Hostile("packed: cut in the CRC", .truncated, "cut short") {
      try gzipped(idxImages(count: 10)).dropLast(5)
    },
    Hostile("packed: last byte missing", .truncated, "cut short") {
      try gzipped(idxImages(count: 10)).dropLast()
    },
    Hostile("packed: wrong CRC", .corrupt, "incorrect data check") {
      var bytes = try gzipped(idxImages(count: 10))
      bytes[bytes.count - 8] ^= 1
      return bytes
    },
    Hostile("packed: wrong length", .corrupt, "incorrect length check") {
      var bytes = try gzipped(idxImages(count: 10))
      bytes[bytes.count - 1] ^= 1
      return bytes
    },
    Hostile("packed: unknown method", .corrupt, "unknown compression method") {
      var bytes = try gzipped(idxImages(count: 10))
      bytes[2] = 9
      return bytes
    },
    // Were the stream read to its end, the error would be that it is cut short: reading stops where it must.
    Hostile("packed: bomb", .malformed, "bytes after the 10 x 3 x 2 = 60") {
      try gzipped(idxImages(count: 10) + [UInt8](repeating: 0, count: 20_000_000)).dropLast(4000)
    },
  ]

  @Test(arguments: hostileImages)
  func refuses(_ hostile: Hostile) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(hostile.bytes(), to: "file")
    let error = try #require(throws: DataError.self) { try IDX.images(at: path) }
    #expect(error.kind == hostile.kind)
    #expect(error.description.hasPrefix(path + ": "))
    #expect(error.description.contains(hostile.fragment))
    #expect(!error.description.contains("\n"))
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    #expect(
      throws: DataError(
        .missing, at: folder.file("no"), "no such file or directory", remedy: "check the path")
    ) {
      try IDX.images(at: folder.file("no"))
    }
    #expect(throws: DataError(.unreadable, at: folder.path, "this is a folder, not a file")) {
      try IDX.images(at: folder.path)
    }
    #expect(throws: DataError(.unreadable, at: "/dev/zero", "this is not a regular file")) {
      try IDX.images(at: "/dev/zero")
    }
    // A pipe that nobody writes to must not make the reader wait.
    try run("mkfifo", folder.file("pipe"))
    #expect(throws: DataError(.unreadable, at: folder.file("pipe"), "this is not a regular file")) {
      try IDX.images(at: folder.file("pipe"))
    }
    let file = try folder.write(idxLabels(count: 3), to: "labels")
    #expect(throws: DataError(.missing, at: file + "/x", "not a directory", remedy: "check the path")) {
      try IDX.images(at: file + "/x")
    }
  }

  @Test(.enabled(if: geteuid() != 0, "the superuser may read everything"))
  func refusesWithoutPermission() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(idxLabels(count: 3), to: "labels")
    try run("chmod", "000", path)
    let error = try #require(throws: DataError.self) { try IDX.labels(at: path) }
    #expect(error.kind == .unreadable && error.problem == "permission denied")
  }

  @Test func refusesLabelsThatAreNoClassesOrDoNotFit() throws {
    let folder = try TemporaryFolder()
    let labels = try folder.write(bigEndian(0x801, 3) + [1, 10, 2], to: "labels")
    let range = try #require(throws: DataError.self) { try IDX.labels(at: labels, classCount: 10) }
    #expect(range.problem == "label 10 of example 1 is no class from 0 to 9")
    #expect(range.exitStatus == 1)
    let images = try folder.write(idxImages(count: 4), to: "images")
    let counts = try #require(throws: DataError.self) {
      try IDX.imageSet(name: "set", images: images, labels: labels, classCount: 11)
    }
    #expect(counts.kind == .mismatch)
    #expect(counts.description.contains("holds 4 images, but \(labels) holds 3 labels"))
    let swapped = try #require(throws: DataError.self) {
      try IDX.imageSet(name: "set", images: labels, labels: images, classCount: 11)
    }
    #expect(swapped.description.contains("file of images, not of labels"))
  }

  @Test func refusesMoreThanTheLimit() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(idxImages(count: 10), to: "images")
    #expect(try IDX.images(at: path, limit: 60).count == 10)
    #expect(throws: DataError.self) { try IDX.images(at: path, limit: 59) }
  }

  /// Whatever happens to a file's bytes, the reader gives the right pixels or one error, and never the wrong
  /// ones: gzip's CRC-32 lets a wrong file pass once in 4 billion.
  @Test func survivesDamage() throws {
    let folder = try TemporaryFolder()
    let bytes = idxImages(count: 40)
    let packed = try gzipped(bytes)
    var random = SplitMix64(seed: 7)
    var errors = 0
    for _ in 0..<1500 {
      var damaged = packed
      for _ in 0..<1 + Int(random.next() % 3) {
        damaged[Int(random.next() % UInt64(damaged.count))] ^= UInt8(1 << (random.next() % 8))
      }
      if random.next() % 4 == 0 { damaged.removeLast(Int(random.next() % UInt64(damaged.count))) }
      // The two magic bytes decide between formats; a plain file has no checksum.
      if damaged.count > 1 { damaged.replaceSubrange(..<2, with: [0x1F, 0x8B]) }
      let path = try folder.write(damaged, to: "damaged")
      do throws(DataError) {
        #expect(try IDX.images(at: path).pixels == Array(bytes.dropFirst(16)))
      } catch {
        errors += 1
      }
    }
    #expect(errors > 1000)
  }
}
