import Elbo
import Foundation
import Torch

/// A run's log, pictures and weights as one event file: scalars under "train/elbo" and the like, pictures under
/// "figures/NAME", histograms of the newest weights under "weights/NAME".
///
/// The log has no times, so all events have that of the newest weights.
struct TensorBoardExport {
  private let run: TrainedRun

  init(_ run: TrainedRun) { self.run = run }

  func write(to folder: URL) throws {
    let time = try run.directory.lastWeights.modificationDate
    var file = try EventRecord.head(time)
    for entry in try MetricsLog.read(run.directory.metrics) where entry.phase != "guard" {
      let scalars = Tensorboard_Summary.Value.scalars(entry.values, phase: entry.phase)
      file.append(try EventRecord.bytes(scalars, step: entry.step, time: time))
    }
    for picture in try Self.pictures(in: run.directory.figures, step: run.step) {
      guard let value = Tensorboard_Summary.Value(png: picture.data, tag: "figures/" + picture.name) else {
        continue
      }
      file.append(try EventRecord.bytes([value], step: picture.step, time: time))
    }
    let histograms = Tensorboard_Summary.Value.histograms(run.model.weights)
    file.append(try EventRecord.bytes(histograms, step: run.step, time: time))
    try AtomicFile.write(file, to: folder.appending(path: EventRecord.name(time)))
  }

  /// The PNG files of a folder; those that were drawn while the run trained tell their step.
  private static func pictures(
    in folder: URL, step: Int
  ) throws -> [(name: String, step: Int, data: Data)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return try names.filter { $0.hasSuffix(".png") }.sorted().map { file in
      let data = try Data(contentsOf: folder.appending(path: file))
      guard let match = file.wholeMatch(of: /(.+)-([0-9]{8,18})\.png/), let own = Int(match.2) else {
        return (String(file.dropLast(4)), step, data)
      }
      return (String(match.1), own, data)
    }
  }
}

extension URL {
  /// When a file was written last.
  var modificationDate: Date {
    get throws {
      try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date ?? Date()
    }
  }
}
