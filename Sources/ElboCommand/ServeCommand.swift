import ArgumentParser
import Elbo
import ElboServer
import Foundation
import Torch

/// `elbo serve DIR... [--port 8080] [--token TOKEN]`
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve runs: a live dashboard and an HTTP interface to their models.",
    discussion: """
      elbo serve runs/fashion                     then open http://127.0.0.1:8080
      elbo serve runs/a runs/b --port 9000        several, also while they train
      curl -H 'Content-Type: application/json' -d '{"z": [[0.5, 0.6]]}' \\
          http://127.0.0.1:8080/v1/models/fashion/decode

      Listens on this machine only, unless --host and --token say otherwise. A newer checkpoint is taken as soon as it \
      is there. Ctrl-C answers what is being asked, and ends.
      """)

  @Argument(help: ArgumentHelp("The runs' folders.", valueName: "run"), completion: .run) var directories:
    [String]
  @Option(help: "The port; 0 for a free one.") var port = 8080
  @Option(help: "The address to listen on.") var host = "127.0.0.1"
  @Option(
    help:
      "What requests must bear in 'Authorization: Bearer TOKEN'; by default $ELBO_SERVE_TOKEN, else nothing.")
  var token: String?
  @Option(help: "The most rows that pass a model together.") var batch = ServerOptions().batchRows
  @Option(help: ArgumentHelp("How long a request waits for others to join it.", valueName: "milliseconds"))
  var batchWait = ServerOptions().batchWait * 1000
  @Option(help: "The most requests that wait for a model; further ones get 429.") var queue = ServerOptions()
    .queueLimit
  @Option(help: ArgumentHelp("How long a request may take.", valueName: "seconds"))
  var deadline = ServerOptions().deadline
  @Option(help: "The threads of one operation; by default as many as cores.") var threads: Int?
  @Flag(help: "A line on standard error for each request.") var verbose = false

  func validate() throws {
    guard !directories.isEmpty else { throw ValidationError("no folder of a run is given") }
    guard (0...65535).contains(port) else { throw ValidationError("--port \(port) is not 0 to 65535") }
    guard batch > 0 else { throw ValidationError("--batch \(batch) is not 1 or more") }
    guard (0...1000).contains(batchWait) else {
      throw ValidationError("--batch-wait \(batchWait) is not 0 to 1000")
    }
    guard queue > 0 else { throw ValidationError("--queue \(queue) is not 1 or more") }
    guard (0.01...3600).contains(deadline) else {
      throw ValidationError("--deadline \(deadline) is not 0.01 to 3600")
    }
    guard threads.map({ $0 > 0 }) ?? true else { throw ValidationError("--threads is not 1 or more") }
  }

  func run() async throws {
    Engine.prepare(threads: threads)
    var options = ServerOptions()
    options.host = host
    options.port = port
    let environment = ProcessInfo.processInfo.environment["ELBO_SERVE_TOKEN"]
    options.token = token ?? (environment?.isEmpty == false ? environment : nil)
    options.batchRows = batch
    options.batchWait = batchWait / 1000
    options.queueLimit = queue
    options.deadline = deadline
    let server = try ElboServer(directories, options, logsRequests: verbose)
    let host = host.contains(":") ? "[\(host)]" : host
    try await server.run { port in
      print("http://\(host):\(port)")
      fflush(nil)
      for name in server.names { note("serving '\(name)'") }
    }
  }
}
