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
  public var lastWeights: URL { checkpoints.appending(path: "last.safetensors") }
  /// What, beside the weights, decides the next step.
  var lastState: URL { checkpoints.appending(path: "last.state.safetensors") }

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

  /// A new folder with the configuration in it.
  ///
  /// - Parameter path: where; by default the first free `runs/NAME-N`.
  /// - Throws: `FileError` when there is something already, or it cannot be written.
  public init(creating path: String?, for configuration: RunConfiguration) throws {
    url = URL(filePath: path ?? Self.free(configuration.name))
    let manager = FileManager.default
    if manager.fileExists(atPath: url.path) {
      let contents = try? manager.contentsOfDirectory(atPath: url.path)
      guard let contents else {
        throw FileError(url, problem: "exists and is not a folder", remedy: "choose another --out")
      }
      guard contents.isEmpty else {
        throw FileError(
          url, problem: "is not empty", remedy: "choose another --out, or go on with 'elbo train --resume'")
      }
    }
    for folder in [url, checkpoints, figures] {
      do {
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch {
        let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
        throw FileError(cannot: "be made", folder, code: code.map(Int32.init) ?? errno)
      }
    }
    try AtomicFile.write(Data(ConfigurationLoader.yaml(configuration).utf8), to: self.configuration)
  }

  private static func free(_ name: String) -> String {
    var number = 1
    while FileManager.default.fileExists(atPath: "runs/\(name)-\(number)") { number += 1 }
    return "runs/\(name)-\(number)"
  }
}
