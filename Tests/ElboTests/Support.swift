import Crypto
import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// A new folder that goes when `body` ends.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "elbo-tests-" + UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The names of all that is in a folder, hidden files too.
func contents(_ folder: URL) throws -> [String] {
  try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
}

extension Tensor {
  /// The elements as double-precision numbers.
  var numbers: [Double] { detached().converted(to: .float64).values(as: Double.self) }

  /// The elements' bytes in row-major order.
  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count * elementType.byteCount)
    bytes.withUnsafeMutableBytes { copyBytes(to: $0) }
    return bytes
  }
}

/// The error that `body` throws, which has to be of this type.
func failure<Failure: Error>(
  _: Failure.Type = Failure.self, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> some Any
) throws -> Failure {
  try #require(throws: Failure.self, sourceLocation: sourceLocation) { _ = try body() }
}

/// The configuration of a preset under some settings.
func configuration(_ preset: String, _ settings: String...) throws -> RunConfiguration {
  try ConfigurationLoader.load(preset, settings: settings)
}

/// A trainer on the training split of a preset under some settings.
func trainer(_ preset: String, _ settings: [String]) throws -> Trainer {
  let configuration = try ConfigurationLoader.load(preset, settings: settings)
  return try Trainer(configuration, dataset: Dataset.load(configuration, .train))
}

/// A fresh model for data of a shape.
func model(
  _ preset: String, _ settings: [String], features: Int = 4, image: ImageShape? = nil
) throws -> any LatentVariableModel {
  try ModelBuilder.build(
    ConfigurationLoader.load(preset, settings: settings),
    shape: DataShape(features: features, image: image, classes: 0), using: Generator(seed: 1))
}

/// The bytes of the files that say how a run went.
func runResults(_ folder: URL) throws -> [String: Data] {
  [
    "metrics": try Data(contentsOf: folder.appending(path: "metrics.jsonl")),
    "weights": try Data(contentsOf: folder.appending(path: "checkpoints/last.safetensors")),
    "state": try Data(contentsOf: newestState(folder)),
  ]
}

/// The training state of a run's newest checkpoint.
func newestState(_ folder: URL) throws -> URL {
  let checkpoints = folder.appending(path: "checkpoints")
  let found = try contents(checkpoints).compactMap { name -> (Int, Int, String)? in
    guard let match = name.wholeMatch(of: /step-([0-9]+)(-r([0-9]+))?\.state\.safetensors/) else {
      return nil
    }
    return (match.3.flatMap { Int($0) } ?? 0, Int(match.1) ?? 0, name)
  }
  let newest = try #require(found.max { ($0.0, $0.1) < ($1.0, $1.1) })
  return checkpoints.appending(path: newest.2)
}

/// Writes a checkpoint's file as somebody who knows of the manifest would.
func forge(_ contents: Safetensors, at url: URL) throws {
  try contents.write(to: url)
  let name = url.lastPathComponent
  let manifest = url.deletingLastPathComponent().appending(path: name.prefix { $0 != "." } + ".sha256")
  let digest = SHA256.hash(data: try Data(contentsOf: url)).map { String(format: "%02x", $0) }.joined()
  let lines = try String(contentsOf: manifest, encoding: .utf8).split(separator: "\n").map {
    $0.hasSuffix("  " + name) ? "\(digest)  \(name)" : String($0)
  }
  try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: manifest)
}

/// A preset and settings for every kind of divergence that trains a discriminator.
let modelsWithDiscriminators = [
  ["avb-four-points-shallow"],
  ["avb-four-points-shallow", "posterior.kind=gaussian", "divergence.kind=adaptive-contrast"],
  ["avb-four-points-shallow", "posterior.kind=gaussian", "divergence.kind=total-correlation"],
  ["avb-four-points-shallow", "divergence.kind=adversarial"],
  ["avb-four-points-shallow", "divergence.kind=adversarial", "divergence.discriminatorUpdates=separate"],
]
