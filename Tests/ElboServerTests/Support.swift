import Elbo
import ElboData
import Foundation
import Testing
import Torch

@testable import ElboServer

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

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
  func train(_ name: String = "digits", _ settings: String..., preset: String = "vae-fashion") throws -> String {
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
struct LiveServer: Sendable {
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

  /// An answer.
  struct Answer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: Data

    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }
    var message: String? { (json["error"] as? [String: Any])?["message"] as? String }
    func matrix(_ name: String) -> [[Double]]? { json[name] as? [[Double]] }
    func numbers(_ name: String) -> [Double]? { json[name] as? [Double] }
  }

  func send(
    _ path: String, _ body: Data? = nil, method: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
    request.httpMethod = method ?? (body == nil ? "GET" : "POST")
    request.httpBody = body
    request.timeoutInterval = 30
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    let headers = http.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
    return Answer(
      status: http.statusCode, headers: Dictionary(headers) { first, _ in first }, body: data)
  }

  func post(_ path: String, _ json: String, headers: [String: String] = [:]) async throws -> Answer {
    try await send(
      path, Data(json.utf8),
      headers: ["Content-Type": "application/json"].merging(headers) { $1 })
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

/// A place for [[...]] of numbers in JSON.
func text(_ rows: [[Double]]) -> String {
  "[" + rows.map { "[" + $0.map { "\($0)" }.joined(separator: ",") + "]" }.joined(separator: ",") + "]"
}
