import Foundation
import Testing

/// A folder of its own for a test, removed with the value's last copy.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent("elbo-command-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The program, started in this folder.
  var elbo: Program { Program(folder: path) }

  /// The path of a name in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

  func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  /// The names in a folder of this folder, hidden ones too, in order.
  func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: file(folder)).sorted()
  }

  /// Writes a file, with the folders on its way.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

  func copy(_ name: String, to other: String) throws {
    try FileManager.default.copyItem(atPath: file(name), toPath: file(other))
  }

  /// The objects of a run's log.
  func log(_ run: String) throws -> [[String: Any]] {
    try text(run + "/metrics.jsonl").split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }
}

/// Models that train in a moment.
enum Tiny {
  /// Drawn digits of 8 x 8 pixels, 2 latents.
  static let digits = settings([
    "data.name=drawn-digits", "data.size=8", "data.count=60", "latent.dimension=2", "encoder.hidden=[8]",
    "decoder.hidden=[8]", "training.batchSize=20", "training.steps=6", "training.logEvery=2",
  ])

  /// The four points, with a discriminator.
  static let points = settings([
    "encoder.hidden=[8]", "decoder.hidden=[8]", "discriminator.hidden=[8]", "data.pointsPerClass=4",
    "training.batchSize=16", "training.steps=6", "training.logEvery=1",
  ])

  static func settings(_ assignments: [String]) -> [String] { assignments.flatMap { ["--set", $0] } }
}

extension Scratch {
  /// Trains a model of drawn digits into `name`.
  @discardableResult
  func trainDigits(_ name: String = "digits", _ assignments: String...) async throws -> Outcome {
    let outcome = try await elbo.run(
      ["train", "vae-mnist", "--out", name, "--quiet"] + Tiny.digits + Tiny.settings(assignments))
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  /// Trains a model of the four points into `name`.
  @discardableResult
  func trainPoints(_ name: String = "points", _ assignments: String...) async throws -> Outcome {
    let outcome = try await elbo.run(
      ["train", "avb-four-points", "--out", name, "--quiet"] + Tiny.points + Tiny.settings(assignments))
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }
}
