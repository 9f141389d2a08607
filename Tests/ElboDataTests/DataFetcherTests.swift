import ElboData
import Foundation
import Synchronization
import Testing

/// The server of `loopback_server.py`, which ends with this value.
private final class LoopbackServer: Sendable {
  let folder: TemporaryFolder
  let address: String
  private let input: Pipe

  init() throws {
    folder = try TemporaryFolder()
    input = Pipe()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("loopback_server.py").path
    process.arguments = ["python3", script, folder.path]
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "no port: \(line)")
    address = "http://127.0.0.1:\(port)"
  }

  deinit { try? input.fileHandleForWriting.close() }

  /// The requests so far: path, asked range or "-", status.
  var requests: [[String]] {
    let text = (try? String(contentsOfFile: folder.file("requests.log"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map { $0.split(separator: " ").map { String($0) } }
  }
}

@Suite(.timeLimit(.minutes(5))) struct DataFetcherTests {
  private let server: LoopbackServer
  private let target: TemporaryFolder
  private let content: [UInt8]
  private let packed: [UInt8]
  private let file: IDXSet.File

  private var destination: String { target.file("noise.gz") }
  private var part: String { target.file("noise.gz.part") }

  init() throws {
    server = try LoopbackServer()
    target = try TemporaryFolder()
    var random = SplitMix64(seed: 9)
    content = (0..<400_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let plain = try target.write(content, to: "noise")
    let sum = String(decoding: try run("sha256sum", plain), as: UTF8.self).prefix(64)
    file = IDXSet.File(name: "noise", size: content.count, sha256: String(sum))
    packed = try run("gzip", "-c", plain)
    try FileManager.default.removeItem(atPath: plain)
    try server.folder.write(packed, to: "noise.gz")
  }

  private func fetcher(
    _ modes: String..., folder: String? = nil, timeout: Double = 20
  ) throws -> DataFetcher {
    try DataFetcher(
      name: "noise", files: [file], mirrors: modes.map { $0.contains(":") ? $0 : "\(server.address)/\($0)/" },
      folder: folder ?? target.path, timeout: timeout)
  }

  /// The file is there, whole and right, and nothing else is.
  private func expectFetched() throws {
    #expect(try target.names == ["noise.gz"])
    #expect(try contents(destination) == packed)
  }

  @Test func fetchesAndTellsHowFarItIs() async throws {
    let steps = Mutex<[(String, Int, Int?)]>([])
    let paths = try await fetcher("good").fetch { file, received, total in
      steps.withLock { $0.append((file, received, total)) }
    }
    #expect(paths == [destination])
    try expectFetched()
    let seen = steps.withLock { $0 }
    #expect(seen.allSatisfy { $0.0 == "noise.gz" && $0.2 == packed.count })
    #expect(seen.last?.1 == packed.count)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.1 < $1.1 })
    // Again: the file is right, and nobody is asked.
    try await fetcher("good").fetch()
    #expect(server.requests == [["/good/noise.gz", "-", "200"]])
  }

  @Test func makesTheFolder() async throws {
    let folder = target.file("a/b/c")
    #expect(try await fetcher("good", folder: folder).fetch() == [folder + "/noise.gz"])
  }

  @Test func goesOnFromWhereItStopped() async throws {
    try target.write(Array(packed.prefix(123_456)), to: "noise.gz.part")
    try await fetcher("good").fetch()
    try expectFetched()
    #expect(server.requests == [["/good/noise.gz", "bytes=123456-", "206"]])
  }

  @Test func startsAgainWhereTheServerIgnoresRanges() async throws {
    try target.write(Array(packed.prefix(123_456)), to: "noise.gz.part")
    try await fetcher("whole").fetch()
    try expectFetched()
    #expect(server.requests == [["/whole/noise.gz", "bytes=123456-", "200"]])
  }

  @Test func startsAgainFromForeignBytes() async throws {
    try target.write([UInt8](repeating: 3, count: 1000), to: "noise.gz.part")
    try await fetcher("good").fetch()
    try expectFetched()
    #expect(server.requests.map { $0[1] } == ["bytes=1000-", "-"])
  }

  @Test func takesAPartThatIsComplete() async throws {
    try target.write(packed, to: "noise.gz.part")
    try await fetcher("good").fetch()
    try expectFetched()
    #expect(server.requests.map { $0[2] } == ["416"])
  }

  @Test func startsAgainFromAPartThatIsTooLong() async throws {
    try target.write(packed + [1, 2, 3], to: "noise.gz.part")
    try await fetcher("good").fetch()
    try expectFetched()
    #expect(server.requests.map { $0[2] } == ["416", "200"])
  }

  @Test func replacesAWrongFile() async throws {
    try target.write(Array(packed.dropLast(9)), to: "noise.gz")
    try await fetcher("good").fetch()
    try expectFetched()
  }

  @Test func goesOnWhenTheServerHangsUp() async throws {
    try await fetcher("drop", "good").fetch()
    try expectFetched()
    #expect(server.requests.filter { $0[0].hasPrefix("/drop") && $0[2] == "206" }.count >= 3)
  }

  /// As a program that another thread starts holds copies of every open file for a moment.
  @Test func aCopyOfTheOpenFileDoesNotKeepTheLock() async throws {
    let copies = Mutex<[Int32]>([])
    defer { for copy in copies.withLock({ $0 }) { close(copy) } }
    // The server hangs up after some bytes; the next transfer goes on in the same file.
    try await fetcher("drop", "good").fetch { _, _, _ in
      guard copies.withLock({ $0.isEmpty }) else { return }
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
        guard target?.hasSuffix(".part") == true, let descriptor = Int32(name) else { continue }
        copies.withLock { $0.append(dup(descriptor)) }
      }
    }
    #expect(copies.withLock { !$0.isEmpty })
    try expectFetched()
  }

  @Test(arguments: ["wrong", "shifted", "endless", "nothing", "http://127.0.0.1:9/"])
  func goesToTheNextMirror(_ first: String) async throws {
    try await fetcher(first, "good").fetch()
    try expectFetched()
  }

  @Test func namesEveryMirrorThatFailed() async throws {
    let error = try await #require(throws: DataError.self) {
      try await fetcher("nothing", "wrong", "endless", "shifted", "http://127.0.0.1:9/").fetch()
    }
    #expect(error.kind == .network && error.location == "noise/noise.gz" && error.exitStatus == 1)
    #expect(error.problem.contains("/nothing/noise.gz: the server answers with status 404"))
    #expect(error.problem.contains("/wrong/noise.gz: "))
    #expect(error.problem.contains("/endless/noise.gz: it sends more than the file can have"))
    #expect(error.problem.contains("/shifted/noise.gz: the server answers with a part"))
    #expect(error.problem.contains(":9/noise.gz: no connection to the host"))
    #expect(error.remedy.contains("ELBO_MIRROR"))
    #expect(!error.description.contains("\n"))
    #expect(try target.names == [])
  }

  @Test func givesUpOnASilentServer() async throws {
    let error = try await #require(throws: DataError.self) {
      try await fetcher("stall", timeout: 1).fetch()
    }
    #expect(error.problem.contains("the server was silent for 1 seconds"))
    // What came in stays, for the next time.
    #expect(try target.names == ["noise.gz.part"])
    #expect(try contents(part).elementsEqual(packed.prefix(contents(part).count)))
  }

  @Test func stopsWhenCancelled() async throws {
    let fetcher = try fetcher("stall")
    let hasBytes = AsyncStream.makeStream(of: Void.self)
    let task = Task { try await fetcher.fetch { _, _, _ in hasBytes.continuation.yield() } }
    for await _ in hasBytes.stream { break }
    task.cancel()
    let error = try await #require(throws: DataError.self) { try await task.value }
    #expect(error.kind == .cancelled)
    #expect(try target.names == ["noise.gz.part"])
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0, "there is no /dev/full"))
  func saysThatTheDiskIsFull() async throws {
    try FileManager.default.createSymbolicLink(atPath: part, withDestinationPath: "/dev/full")
    let error = try await #require(throws: DataError.self) { try await fetcher("good").fetch() }
    #expect(error.kind == .unwritable && error.location == part)
    #expect(error.description.contains("no space left on device; free some space"))
  }

  @Test func saysThatTheFolderCannotBeWritten() async throws {
    let obstacle = try target.write([1], to: "obstacle")
    let under = try await #require(throws: DataError.self) {
      try await fetcher("good", folder: obstacle + "/data").fetch()
    }
    #expect(under.kind == .unwritable && under.location == obstacle + "/data")
    try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: true)
    let folder = try await #require(throws: DataError.self) { try await fetcher("good").fetch() }
    #expect(folder.kind == .unwritable && folder.problem == "is a directory")
  }

  @Test func leavesAForeignPlainFileAlone() async throws {
    try target.write([1, 2, 3], to: "noise")
    let error = try await #require(throws: DataError.self) { try await fetcher("good").fetch() }
    #expect(error.kind == .corrupt && error.location == target.file("noise"))
    #expect(try contents(target.file("noise")) == [1, 2, 3])
    try target.write(content, to: "noise")
    #expect(try await fetcher("good").fetch() == [target.file("noise")])
  }

  @Test func onlyOneFetchAtATime() async throws {
    let descriptor = open(part, O_WRONLY | O_CREAT, 0o644)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    let error = try await #require(throws: DataError.self) { try await fetcher("good").fetch() }
    #expect(error.kind == .unwritable && error.problem == "another fetch is writing this file")
  }

  @Test(arguments: ["ftp://host/x", "nonsense", "/a/path", "http://", "file:///etc"])
  func refusesMirrorsThatAreNoAddresses(_ mirror: String) throws {
    let error = try #require(throws: DataError.self) {
      try DataFetcher(.mnist, into: target.path, environment: ["ELBO_MIRROR": mirror])
    }
    #expect(error.location == "ELBO_MIRROR" && error.exitStatus == 2)
  }

  @Test func knowsPublicMirrorsAndItsOwn() throws {
    for set in IDXSet.allCases {
      let fetcher = try DataFetcher(set, into: target.path, environment: [:])
      #expect(fetcher.mirrors.count == 2)
    }
    let own = try DataFetcher(
      .mnist, into: target.path, environment: ["ELBO_MIRROR": "http://a/x, https://b"])
    #expect(own.mirrors.map(\.absoluteString) == ["http://a/x/mnist/", "https://b/mnist/"])
  }

  @Test(
    .enabled(
      if: (installed(.mnist) ?? installed(.fashionMNIST)) != nil, "no published set is on this machine"))
  func fetchesAPublishedSet() async throws {
    let source = try #require(installed(.mnist) ?? installed(.fashionMNIST))
    let link = server.folder.file(source.set.rawValue)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: source.path)
    try #require(FileManager.default.fileExists(atPath: link + "/train-labels-idx1-ubyte.gz"))
    let fetcher = try DataFetcher(
      source.set, into: target.file("set"), environment: ["ELBO_MIRROR": server.address + "/good"])
    #expect(try await fetcher.fetch().count == 4)
    #expect(try IDXFolder(source.set, at: target.file("set")).load(.test) == source.load(.test))
  }
}
