import Foundation
import Torch

/// A run in a folder of runs, in a line.
public struct RunSummary: Sendable, Codable, Hashable {
  /// The run's folder.
  public let directory: String
  /// The preset or file that it was trained from; nil where its configuration cannot be read.
  public let preset: String?
  /// The data set.
  public let data: String?
  /// The seed of its training.
  public let seed: UInt64?
  /// The steps that are logged or behind its weights, whichever are more.
  public let step: Int
  /// The steps that were asked for.
  public let steps: Int?
  /// The metrics as they were last judged on a held-out split while training; empty where they were not.
  public let lastEvaluation: [String: Double]
  /// Why it cannot be used, in a line; nil where nothing is wrong.
  public let problem: String?

  /// Whether it came to its end.
  public var isFinished: Bool { problem == nil && steps.map { step >= $0 } ?? false }

  /// The runs in a folder and, up to three levels down, in folders within it; by name.
  ///
  /// - Throws: `FileError` where the folder is not there.
  public static func all(in path: String) throws -> [RunSummary] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
      throw FileError(
        URL(filePath: path), problem: "not a folder", remedy: "give a folder of runs, or train one first")
    }
    return folders(path, depth: 3).map(RunSummary.init)
  }

  private static func folders(_ path: String, depth: Int) -> [String] {
    if FileManager.default.fileExists(atPath: path + "/config.yaml") { return [path] }
    guard depth > 0 else { return [] }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
      !$0.hasPrefix(".")
    }
    // Numbers in names count as numbers: "vae-10" comes after "vae-9".
    return names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
      .flatMap { folders(path + "/" + $0, depth: depth - 1) }
  }

  private init(_ path: String) {
    directory = path
    let folder = try? RunDirectory(existing: path)
    let configuration = folder.flatMap { try? ConfigurationLoader.load(runFile: $0.configuration) }
    let log = folder.flatMap { try? MetricsLog.read($0.metrics) } ?? []
    let weights = folder.flatMap { try? Safetensors(contentsOf: $0.lastWeights) }
    preset = configuration?.name
    data = configuration?.data.name
    seed = configuration?.seed
    steps = configuration?.training.steps
    step = max(log.last?.step ?? 0, weights?.metadata["step"].flatMap(Int.init) ?? 0)
    lastEvaluation = log.last { ["validation", "test"].contains($0.phase) }?.values ?? [:]
    problem =
      configuration == nil
      ? "its config.yaml cannot be read" : weights == nil ? "it has no sound weights" : nil
  }
}
