import Foundation
import Testing

/// The Python environment that Tools/interop.sh makes.
enum Interop {
  /// The folder of the package's manifest.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// Whether the environment is there.
  static let isReady = FileManager.default.fileExists(
    atPath: package.appending(path: ".interop/ready").path)
  /// Why a test that needs it is skipped.
  static let reason: Comment = "no Python environment in .interop/; make it with Tools/interop.sh"

  /// Runs a script, named from the package's folder.
  ///
  /// - Returns: what it wrote to standard output.
  static func run(_ script: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = package.appending(path: ".interop/venv/bin/python")
    process.arguments = [package.appending(path: script).path] + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["OMP_NUM_THREADS"] = "1"
    // The libtorch of Elbo is not that of Python.
    environment["LD_LIBRARY_PATH"] = nil
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(script) failed")
    return data
  }

  /// Runs the program, which has to end well.
  static func elbo(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "elbo")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "elbo \(arguments.joined(separator: " ")) failed")
  }

  /// What a script prints as JSON.
  static func read<Value: Decodable>(
    _: Value.Type = Value.self, from script: String, _ argument: String
  ) throws -> Value {
    try JSONDecoder().decode(
      Value.self, from: run("Tests/ElboInteropTests/Python/" + script, [argument]))
  }
}

/// A new folder that goes when `body` ends.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "elbo-tests-" + UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}
