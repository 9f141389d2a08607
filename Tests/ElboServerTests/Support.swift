import Elbo
import ElboData
import ElboServer
import Foundation
import Testing
import Torch

/// A folder of its own for a test, removed with the value's last copy.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "elbo-server-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Trains a small model of drawn digits, 8 x 8 pixels and 2 latents, and says where it is.
  @discardableResult
  func train(_ name: String = "digits", _ settings: [String] = [], preset: String = "vae-fashion") throws
    -> String
  {
    let small = [
      "data.name=drawn-digits", "data.size=8", "data.count=60", "latent.dimension=2", "encoder.hidden=[8]",
      "decoder.hidden=[8]", "training.batchSize=20", "training.steps=6", "training.logEvery=2",
    ]
    let configuration = try ConfigurationLoader.load(preset, settings: small + settings)
    _ = try TrainingSession(configuration, out: file(name)).run()
    return file(name)
  }
}

/// A server in this process on a free port.
struct LiveServer: Listening {
  let port: Int
  let server: ElboServer
  private let task: Task<Void, any Error>

  init(_ paths: [String], _ change: (inout ServerOptions) -> Void = { _ in }) async throws {
    var options = ServerOptions()
    options.port = 0
    options.pollEvery = 0.05
    change(&options)
    let server = try ElboServer(paths, options)
    let (ports, ready) = AsyncStream<Int>.makeStream()
    self.server = server
    task = Task { try await server.run(signals: false) { ready.yield($0) } }
    var iterator = ports.makeAsyncIterator()
    port = try #require(await iterator.next())
  }

  func stop() async {
    task.cancel()
    _ = try? await task.value
  }
}

/// Runs `body` with a server of these runs, and stops the server.
func withServer<Value: Sendable>(
  _ paths: [String], _ change: (inout ServerOptions) -> Void = { _ in },
  _ body: (LiveServer) async throws -> Value
) async throws -> Value {
  let server = try await LiveServer(paths, change)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}
