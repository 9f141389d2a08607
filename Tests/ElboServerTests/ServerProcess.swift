import Foundation
import Testing

/// `elbo serve` as people run it: a process of its own.
final class ServerProcess: Listening {
  private let process: Process
  let port: Int
  var address: String { "http://127.0.0.1:\(port)" }

  /// The program that lies beside the tests.
  static let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "elbo")

  /// A process of the program, whose output goes to `output`.
  static func start(_ arguments: [String], output: Any? = FileHandle.nullDevice) throws -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["OMP_NUM_THREADS": "1"]) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Starts a server on a free port, and waits until it listens.
  init(_ arguments: [String]) throws {
    let output = Pipe()
    process = try Self.start(["serve", "--port", "0", "--threads", "1"] + arguments, output: output)
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      try #require(!more.isEmpty, "the program ended")
      line.append(more)
    }
    let address = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    port = try #require(address.split(separator: ":").last.flatMap { Int($0) }, "\(address)")
  }

  /// Tells it to stop.
  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// The exit status, once it ended; it is killed where it does not end in time.
  func status() -> Int32 {
    let identifier = process.processIdentifier
    let guardian = DispatchWorkItem { kill(identifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 20, execute: guardian)
    process.waitUntilExit()
    guardian.cancel()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  deinit { if process.isRunning { process.terminate() } }
}
