import Elbo
import Foundation
import Torch

/// Writes a run in formats of other programs.
public struct RunExport {
  private let run: TrainedRun
  private let version: String

  /// The exports of a run.
  ///
  /// - Parameters:
  ///   - run: what is exported.
  ///   - version: Elbo's, which the files tell.
  public init(_ run: TrainedRun, version: String) {
    self.run = run
    self.version = version
  }

  /// Where a format goes when nothing else is said.
  public func standardPlace(of format: ExportFormat) -> URL {
    let folder = run.directory.url.appending(path: "export")
    return switch format {
    case .onnx, .bundle: folder.appending(path: format.rawValue)
    case .safetensors: folder.appending(path: "model.safetensors")
    case .tensorboard: run.directory.url.appending(path: "tensorboard")
    }
  }

  /// Writes a format: a folder, or a file for safetensors. It appears complete or not at all.
  ///
  /// - Throws: `ConfigurationError` when something is in the place already, `ExportError` when a network cannot be said
  ///   in the format.
  public func write(_ format: ExportFormat, to place: URL) throws {
    let origin = try ExportOrigin(run, version: version)
    switch format {
    case .onnx:
      let networks = NetworkExport(run, origin: origin)
      let files = [("encoder.onnx", try networks.encoder()), ("decoder.onnx", try networks.decoder())]
      try StagedFolder.write(to: place) { folder in
        for (name, data) in files { try AtomicFile.write(data, to: folder.appending(path: name)) }
      }
    case .safetensors: try WeightsExport(run, origin: origin).write(to: place)
    case .tensorboard:
      try StagedFolder.write(to: place) { try TensorBoardExport(run).write(to: $0) }
    case .bundle:
      try StagedFolder.write(to: place) { try ModelBundle(run, origin: origin).write(to: $0) }
    }
  }
}
