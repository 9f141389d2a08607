import ElboData
import Foundation
import Testing

/// `elbo data fetch` from a mirror on the loopback address.
@Suite(.timeLimit(.minutes(5))) struct FetchTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Python's web server, which ends with this value.
  private final class Mirror {
    let address: String
    private let process = Process()

    init(_ folder: String) throws {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder,
      ]
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      let port = try #require(line.firstMatch(of: /port ([0-9]+)/)?.1, "no port: \(line)")
      address = "http://127.0.0.1:\(port)"
    }

    // It inherits the signals that the thread that started it has blocked, SIGTERM among them.
    deinit { kill(process.processIdentifier, SIGKILL) }
  }

  @Test func aMirrorWithoutTheSet() async throws {
    let mirror = try Mirror(scratch.path)
    var elbo = scratch.elbo
    elbo.environment["ELBO_MIRROR"] = mirror.address
    try await elbo.run(["data", "fetch", "mnist", "--out", "set"]).expectOneLastLine(
      1, "no mirror gave this file", "status 404", "ELBO_MIRROR")
    #expect(try scratch.names("set").isEmpty)
  }

  @Test func anAddressThatIsNone() async throws {
    var elbo = scratch.elbo
    elbo.environment["ELBO_MIRROR"] = "nonsense"
    try await elbo.run(["data", "fetch", "mnist", "--out", "set"]).expectFailure(
      2, "ELBO_MIRROR", "'nonsense")
    #expect(!scratch.exists("set"))
  }

  private static let installed = IDXSet.allCases.lazy.compactMap { set in
    (try? DataLocator().locate(set)).flatMap { folder in
      FileManager.default.fileExists(atPath: folder.path + "/train-labels-idx1-ubyte.gz") ? folder : nil
    }
  }.first

  @Test(.enabled(if: installed != nil, "no published set is on this machine")) func aWholeSet() async throws {
    let source = try #require(Self.installed)
    let name = source.set.rawValue
    try FileManager.default.createDirectory(atPath: scratch.file("mirror"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("mirror/" + name), withDestinationPath: source.path)
    let mirror = try Mirror(scratch.file("mirror"))
    var elbo = scratch.elbo
    elbo.environment = ["ELBO_MIRROR": mirror.address, "ELBO_DATA": scratch.file("data")]
    let outcome = try await elbo("data", "fetch", name)
    outcome.expectSuccess()
    #expect(outcome.outputLines.count == 4)
    #expect(outcome.outputLines.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("fetching ") })
    #expect(try scratch.names("data/" + name).count == 4)
    let listed = try await elbo("data", "list")
    #expect(
      listed.outputLines.contains { $0.hasPrefix(name + " ") && $0.contains(scratch.file("data/" + name)) })
  }
}

extension Outcome {
  /// Like `expectFailure`, after lines of progress.
  fileprivate func expectOneLastLine(_ expected: Int32, _ parts: String...) {
    #expect(status == expected && output.isEmpty)
    #expect(errorLines.count { $0.hasPrefix("elbo: ") } == 1)
    for part in parts { #expect(errorLines.last?.contains(part) == true, "'\(part)' is not in: \(errors)") }
  }
}
