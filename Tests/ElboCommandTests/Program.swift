import Foundation
import Testing

/// How a process ended, and what it printed.
struct Outcome {
  /// The exit status; 128 and the signal's number where a signal ended it.
  let status: Int32
  /// What it wrote to standard output.
  let output: String
  /// What it wrote to standard error.
  let errors: String

  var outputLines: [String] { output.split(separator: "\n").map(String.init) }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// Standard output as a JSON object.
  var json: [String: Any] {
    get throws {
      try #require(
        JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output) \(errors)")
    }
  }

  /// It ended well.
  func expectSuccess(_ location: SourceLocation = #_sourceLocation) {
    #expect(status == 0, "\(errors)", sourceLocation: location)
  }

  /// It ended with one line "elbo: where: what; what to do" that holds all `parts`, and printed no result.
  func expectFailure(_ expected: Int32, _ parts: String..., location: SourceLocation = #_sourceLocation) {
    #expect(status == expected, "\(errors)", sourceLocation: location)
    #expect(output.isEmpty, "\(output)", sourceLocation: location)
    #expect(errorLines.count == 1 && errors.hasPrefix("elbo: "), "\(errors)", sourceLocation: location)
    #expect(errors.utf8.count < 500, "\(errors)", sourceLocation: location)
    for part in parts {
      #expect(errors.contains(part), "'\(part)' is not in: \(errors)", sourceLocation: location)
    }
  }
}

/// The program as people run it: a process of its own.
struct Program {
  /// The folder that holds the test bundle, and the programs beside it.
  static let buildFolder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().path

  /// The folder of the package's manifest.
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  var executable = buildFolder + "/elbo"
  /// Where the process starts.
  let folder: String
  /// What the environment has beside PATH and HOME.
  var environment: [String: String] = [:]

  /// A program that is started but may not have ended.
  final class Running {
    fileprivate let process = Process()
    fileprivate let output: String
    fileprivate let errors: String
    private let ended = AsyncStream.makeStream(of: Void.self)

    fileprivate init(in folder: String, hasRoom: Bool) {
      let name = folder + "/.elbo-test-" + UUID().uuidString
      output = name + ".out"
      errors = name + ".err"
      let continuation = ended.continuation
      process.terminationHandler = { _ in
        continuation.finish()
        if hasRoom { Turnstile.shared.leave() }
      }
    }

    /// Sends a signal.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end.
    func outcome() async throws -> Outcome {
      // A program that hangs is a failed test, not a test run without end.
      let identifier = process.processIdentifier
      let guardian = DispatchWorkItem { kill(identifier, SIGKILL) }
      DispatchQueue.global().asyncAfter(deadline: .now() + 120, execute: guardian)
      for await _ in ended.stream {}
      guardian.cancel()
      process.waitUntilExit()
      func contents(_ path: String) -> String {
        defer { unlink(path) }
        return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
      }
      let status = process.terminationStatus
      return Outcome(
        status: process.terminationReason == .exit ? status : 128 + status, output: contents(output),
        errors: contents(errors))
    }
  }

  /// Starts the program; `terminal` stands in for its standard error, and for its input where a person is to answer. One that another waits for cannot wait for room
  /// itself.
  func start(
    _ arguments: [String], terminal: FileHandle? = nil, answers: Bool = false, waitsForRoom: Bool = true
  ) async throws -> Running {
    let running = Running(in: NSTemporaryDirectory(), hasRoom: waitsForRoom)
    for path in [running.output, running.errors] {
      try #require(FileManager.default.createFile(atPath: path, contents: nil))
    }
    let own = ProcessInfo.processInfo.environment
    var variables = ["PATH": own["PATH"] ?? "/usr/bin:/bin", "HOME": own["HOME"] ?? "/"]
    // Tests run side by side; a thread each is fastest for models as small as theirs.
    variables["OMP_NUM_THREADS"] = "1"
    variables["LD_LIBRARY_PATH"] = own["LD_LIBRARY_PATH"]
    variables.merge(environment) { _, new in new }
    running.process.executableURL = URL(fileURLWithPath: executable)
    running.process.arguments = arguments
    running.process.environment = variables
    running.process.currentDirectoryURL = URL(fileURLWithPath: folder)
    running.process.standardInput = answers ? terminal : FileHandle.nullDevice
    running.process.standardOutput = FileHandle(forWritingAtPath: running.output)
    running.process.standardError = terminal ?? FileHandle(forWritingAtPath: running.errors)
    if waitsForRoom { await Turnstile.shared.enter() }
    do {
      try running.process.run()
    } catch {
      if waitsForRoom { Turnstile.shared.leave() }
      throw error
    }
    return running
  }

  /// Runs the program to its end.
  @discardableResult
  func callAsFunction(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  /// Runs the program to its end.
  @discardableResult
  func run(_ arguments: [String]) async throws -> Outcome { try await start(arguments).outcome() }
}
