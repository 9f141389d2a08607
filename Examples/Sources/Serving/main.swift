// A server inside a program: a model is trained, served on a free port of this machine, and asked by HTTP.
import Elbo
import ElboServer
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

let folder =
  FileManager.default.temporaryDirectory.path + "/serving-\(ProcessInfo.processInfo.processIdentifier)/digits"
defer { try? FileManager.default.removeItem(atPath: (folder as NSString).deletingLastPathComponent) }

let configuration = try ConfigurationLoader.load(
  "vae-mnist", settings: ["data.name=drawn-digits", "data.count=1000", "data.size=8", "training.steps=300"])
_ = try TrainingSession(configuration, out: folder).run()

/// One request to the model and what it answered.
@Sendable func ask(_ operation: String, _ body: String, port: Int) async throws -> [String: Any] {
  var request = URLRequest(
    url: URL(string: "http://127.0.0.1:\(port)/v1/models/digits/\(operation)")!)
  request.httpMethod = "POST"
  request.setValue("application/json", forHTTPHeaderField: "Content-Type")
  request.httpBody = Data(body.utf8)
  let (answer, _) = try await URLSession.shared.data(for: request)
  return try JSONSerialization.jsonObject(with: answer) as? [String: Any] ?? [:]
}

var options = ServerOptions()
options.port = 0
let server = try ElboServer([folder], options)
let (ports, started) = AsyncStream.makeStream(of: Int.self)
let serving = Task { try await server.run(signals: false) { started.yield($0) } }

for await port in ports.prefix(1) {
  print("serving \(server.names.joined(separator: ", ")) at http://127.0.0.1:\(port)")
  let samples = try await ask("sample", #"{"n": 3, "seed": 7}"#, port: port)
  let images = samples["x"] as? [[Double]] ?? []
  print("sampled \(images.count) images of \(images.first?.count ?? 0) pixels")
  let latents = try JSONSerialization.data(withJSONObject: ["z": samples["z"] ?? []])
  let decoded = try await ask("decode", String(decoding: latents, as: UTF8.self), port: port)
  print("the same latents decode to the same images:", decoded["x"] as? [[Double]] == images)
}
// Requests that are being answered get their answers.
serving.cancel()
_ = await serving.result
print("stopped")
