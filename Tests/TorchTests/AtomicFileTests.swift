import Foundation
import Testing
import Torch

@Suite struct AtomicFileTests {
  private let old = Data("old".utf8)

  /// Tries to write over `old`, which must fail and change nothing.
  private func failure(_ write: (URL) throws(FileError) -> Void) throws -> FileError? {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      try old.write(to: url)
      let error = #expect(throws: FileError.self) { try write(url) }
      #expect(try Data(contentsOf: url) == old)
      #expect(try contents(folder) == ["file"])
      #expect(error?.location == url.path)
      return error
    }
  }

  @Test(arguments: [0, 1, 1_000_003])
  func writesAndOverwrites(count: Int) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "file")
      for byte in [1, 2] as [UInt8] {
        let data = Data(repeating: byte, count: count)
        try AtomicFile.write(data, to: url)
        #expect(try Data(contentsOf: url) == data)
      }
      #expect(try contents(folder) == ["file"])
    }
  }

  @Test func writersOfOneFileDoNotMix() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "torch-tests-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "file")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for byte in 1...8 as ClosedRange<UInt8> {
        group.addTask {
          for _ in 0..<10 { try AtomicFile.write(Data(repeating: byte, count: 200_000), to: url) }
        }
      }
      try await group.waitForAll()
    }
    let written = try Data(contentsOf: url)
    #expect(written.count == 200_000 && Set(written).count == 1)
    #expect(try contents(folder) == ["file"])
  }

  @Test func aFullDiskLeavesTheOldContents() throws {
    // What a full disk answers, from the device that is one.
    let error = try failure { url throws(FileError) in
      try AtomicFile.write(to: url) { _ in
        let full = open("/dev/full", O_WRONLY)
        defer {
          close(full)
          errno = ENOSPC
        }
        return [UInt8](repeating: 0, count: 100).withUnsafeBytes { AtomicFile.writeAll($0, to: full) }
      }
    }
    #expect(error?.problem == "cannot be written: no space left on device")
    #expect(error?.remedy.isEmpty == false)
    #expect(error?.exitStatus == 1)
  }

  /// A file that may not grow stops a write half-way, as a full disk does.
  @Test func aWriteThatStopsHalfWayLeavesTheOldContents() async {
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      try withTemporaryFolder { folder in
        let url = folder.appending(path: "file")
        try AtomicFile.write(Data("old".utf8), to: url)
        var limit = rlimit(rlim_cur: 10_000, rlim_max: 10_000)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        let data = Data(repeating: 1, count: 100_000)
        let error = #expect(throws: FileError.self) { try AtomicFile.write(data, to: url) }
        #expect(error?.problem == "cannot be written: file too large")
        let file = Safetensors(tensors: ["a": Tensor.zeros([100_000])])
        #expect(throws: FileError.self) { try file.write(to: url) }
        #expect(try Data(contentsOf: url) == Data("old".utf8))
        #expect(try contents(folder) == ["file"])
      }
    }
  }

  @Test func aBodyThatGivesUpLeavesTheOldContents() throws {
    _ = try failure { url throws(FileError) in
      try AtomicFile.write(to: url) { descriptor in
        _ = [UInt8](repeating: 1, count: 10).withUnsafeBytes { AtomicFile.writeAll($0, to: descriptor) }
        return false
      }
    }
  }

  @Test func saysWhyAFolderTakesNoFile() throws {
    try withTemporaryFolder { folder in
      let missing = folder.appending(path: "missing/file")
      let first = #expect(throws: FileError.self) { try AtomicFile.write(old, to: missing) }
      #expect(
        first?.description == "\(missing.path): cannot be written: no such file or directory; check the path")

      let file = folder.appending(path: "file")
      try old.write(to: file)
      let second = #expect(throws: FileError.self) {
        try AtomicFile.write(old, to: file.appending(path: "x"))
      }
      #expect(second?.problem == "cannot be written: not a directory")

      let inner = folder.appending(path: "inner")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: false)
      let third = #expect(throws: FileError.self) { try AtomicFile.write(old, to: inner) }
      #expect(third?.problem == "cannot be written: is a directory")
      #expect(try contents(folder) == ["file", "inner"])
    }
  }

  /// As nobody, since root may write anywhere.
  @Test func aFolderThatMayNotBeWrittenTo() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryFolder { folder in
        let url = folder.appending(path: "file")
        try Data("old".utf8).write(to: url)
        chmod(folder.path, 0o555)
        let user = geteuid()
        if user == 0 { #expect(seteuid(65534) == 0) }
        let error = #expect(throws: FileError.self) { try AtomicFile.write(Data("new".utf8), to: url) }
        #expect(error?.problem == "cannot be written: permission denied")
        #expect(error?.remedy == "choose a place you may write to")
        if user == 0 { #expect(seteuid(0) == 0) }
        chmod(folder.path, 0o755)
        #expect(try Data(contentsOf: url) == Data("old".utf8))
        #expect(try contents(folder) == ["file"])
      }
    }
  }
}
