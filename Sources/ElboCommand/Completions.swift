import ArgumentParser
import Elbo
import ElboData
import Foundation

extension CompletionKind {
  /// Presets, and the YAML files of the folder at hand.
  static let source = custom { _, _, _ in Preset.names + Completions.files(".", [".yaml", ".yml"]) }
  /// Presets.
  static let preset = custom { _, _, _ in Preset.names }
  /// Folders of runs.
  static let run = custom { _, _, prefix in Completions.runs(prefix) }
  /// Folders of sweeps.
  static let sweep = custom { _, _, prefix in Completions.sweeps(prefix) }
  /// "key=", and values where the key has a few.
  static let setting = custom { _, _, prefix in Completions.settings(prefix) }
  /// "key=".
  static let key = custom { _, _, _ in RunConfiguration.keys.map { $0 + "=" } }
  /// Metrics.
  static let metric = list(Evaluator.metrics.keys.sorted())
}

/// What a shell offers for words that have been begun.
enum Completions {
  /// Runs below the folder that the word names so far; without one, below the places that runs go to by themselves.
  static func runs(_ word: String) -> [String] {
    guard let slash = word.lastIndex(of: "/") else {
      return ["runs", "sweeps"].flatMap { RunSummary.folders(in: $0) }
        + folders(".").filter { RunDirectory.isRun($0) }
    }
    return RunSummary.folders(in: String(word[..<slash]))
  }

  static func sweeps(_ word: String) -> [String] {
    let place = word.lastIndex(of: "/").map { String(word[..<$0]) } ?? "sweeps"
    return folders(place).map { place + "/" + $0 }.filter { Sweep.isSweep($0) }
  }

  static func settings(_ word: String) -> [String] {
    guard let equals = word.firstIndex(of: "=") else { return RunConfiguration.keys.map { $0 + "=" } }
    let key = String(word[..<equals])
    return RunConfiguration.knownValues(of: key).map { "\(key)=\($0)" }
  }

  static func files(_ folder: String, _ endings: [String]) -> [String] {
    names(folder).filter { name in endings.contains { name.hasSuffix($0) } }
  }

  private static func folders(_ place: String) -> [String] {
    names(place).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: place + "/" + name, isDirectory: &isFolder)
        && isFolder.boolValue
    }
  }

  private static func names(_ folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }
      .sorted()
  }
}
