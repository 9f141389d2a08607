import Foundation
import Torch

/// The folder that holds a run: `config.yaml`, `metrics.jsonl`, `checkpoints/` and `figures/`; `data.sha256` where the
/// data's sums are kept.
public struct RunDirectory: Sendable {
  /// The folder itself.
  public let url: URL

  /// The resolved configuration.
  public var configuration: URL { url.appending(path: "config.yaml") }
  /// One JSON object a line.
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// The sums of the data's files, where they were asked for.
  var dataSums: URL { url.appending(path: "data.sha256") }
  /// The checkpoints.
  public var checkpoints: URL { url.appending(path: "checkpoints") }
  /// The pictures.
  public var figures: URL { url.appending(path: "figures") }
  /// The page that shows the run.
  public var report: URL { url.appending(path: "report.html") }
  /// The newest weights.
  public var lastWeights: URL { checkpoints.appending(path: Self.lastName) }
  /// The weights that were best on the validation split; not there where nothing was validated on the way.
  public var bestWeights: URL { checkpoints.appending(path: Self.bestName) }

  static let lastName = "last.safetensors"
  static let bestName = "best.safetensors"

  /// A folder that another process makes and keeps.
  init(at path: String) { url = URL(filePath: path) }

  /// The folder of a run that exists.
  ///
  /// - Throws: `FileError` when it is not there or holds no run.
  public init(existing path: String) throws {
    url = URL(filePath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue else {
      throw FileError(
        url, problem: "not a folder", remedy: "give the folder of a run, as 'elbo train' printed it")
    }
    guard FileManager.default.fileExists(atPath: configuration.path) else {
      throw FileError(
        url, problem: "holds no config.yaml", remedy: "give the folder of a run, as 'elbo train' printed it")
    }
  }

  /// A new folder, which holds nothing yet that makes it a run; see `write(_:)`.
  ///
  /// - Parameter path: where; by default the first free `runs/NAME-N`.
  /// - Throws: `FileError` when there is something already, or it cannot be written.
  init(creating path: String?, named name: String) throws {
    let manager = FileManager.default
    if let path {
      url = URL(filePath: path)
      if manager.fileExists(atPath: url.path) {
        guard let contents = try? manager.contentsOfDirectory(atPath: url.path) else {
          throw FileError(url, problem: "exists and is not a folder", remedy: "choose another --out")
        }
        guard contents.isEmpty else { throw Self.occupied(url) }
      }
      try Self.make(url)
    } else {
      url = try Self.firstFree(name)
    }
    try Self.make(checkpoints)
    try Self.make(figures)
  }

  /// Writes the configuration into a new folder, which makes it a run's.
  ///
  /// - Throws: `FileError` when it has one, or it cannot be written.
  func write(new configuration: RunConfiguration) throws {
    guard !FileManager.default.fileExists(atPath: self.configuration.path) else { throw Self.occupied(url) }
    try write(configuration)
  }

  /// Writes the configuration.
  func write(_ configuration: RunConfiguration) throws(FileError) {
    try AtomicFile.write(Data(ConfigurationLoader.yaml(configuration).utf8), to: self.configuration)
  }

  /// Whether a folder holds a run that can be gone on with.
  public static func hasCheckpoint(_ path: String) -> Bool {
    guard let directory = try? RunDirectory(existing: path) else { return false }
    return !CheckpointFolder(url: directory.checkpoints).names.isEmpty
  }

  /// Removes a run that came to no checkpoint.
  public static func clear(_ path: String) {
    guard !hasCheckpoint(path), let directory = try? RunDirectory(existing: path) else { return }
    directory.clear()
  }

  /// Removes a new folder's contents, where the run could not begin.
  func clear() {
    for place in [checkpoints, figures, metrics, configuration, dataSums] {
      try? FileManager.default.removeItem(at: place)
    }
    rmdir(url.path)
  }

  private static func occupied(_ url: URL) -> FileError {
    FileError(
      url, problem: "is not empty", remedy: "choose another --out, or go on with 'elbo train --resume'")
  }

  private static func make(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
      throw FileError(cannot: "be made", folder, code: code.map(Int32.init) ?? errno)
    }
  }

  /// The first `runs/NAME-N` that was not there; of several processes each gets its own.
  private static func firstFree(_ name: String) throws -> URL {
    try make(URL(filePath: "runs"))
    var number = 1
    while true {
      let url = URL(filePath: "runs/\(name)-\(number)")
      if mkdir(url.path, 0o777) == 0 { return url }
      guard errno == EEXIST else { throw FileError(cannot: "be made", url) }
      number += 1
    }
  }
}
