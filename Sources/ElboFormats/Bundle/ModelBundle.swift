import Elbo
import ElboFigures
import Foundation
import Torch

/// A folder for a model hub: `README.md`, the card; `model.safetensors` and `config.yaml`; `metrics.json`, the run's
/// report as numbers, and `metrics.jsonl`, its log; `data.json`, what the data were; `figures/`; and `SHA256SUMS` of all
/// of these, as `sha256sum --check` reads it.
///
/// It is a run's folder too: `elbo evaluate`, `sample` and the like take it.
struct ModelBundle {
  private let run: TrainedRun
  private let origin: ExportOrigin

  init(_ run: TrainedRun, origin: ExportOrigin) {
    self.run = run
    self.origin = origin
  }

  func write(to folder: URL) throws {
    let evaluator = Evaluator(model: run.model, dataset: run.test, configuration: run.configuration)
    let estimates = try evaluator.evaluate(evaluator.defaultMetrics)
    let fingerprint = try DataFingerprint(run)
    let pictures = try copyPictures(to: folder.appending(path: "figures"))
    try AtomicFile.write(try Self.json(estimates), to: folder.appending(path: "metrics.json"))
    try AtomicFile.write(try Self.json(fingerprint), to: folder.appending(path: "data.json"))
    try AtomicFile.write(
      Data(ConfigurationLoader.yaml(run.configuration).utf8), to: folder.appending(path: "config.yaml"))
    if let log = FileManager.default.contents(atPath: run.directory.metrics.path) {
      try AtomicFile.write(log, to: folder.appending(path: "metrics.jsonl"))
    }
    try WeightsExport(run, origin: origin).write(to: folder.appending(path: "model.safetensors"))
    let card = ModelCard(
      run: run, origin: origin, estimates: estimates, fingerprint: fingerprint, pictures: pictures)
    try AtomicFile.write(Data(card.text.utf8), to: folder.appending(path: "README.md"))
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    let sums = try names.compactMap { name -> String? in
      let place = folder.appending(path: name)
      guard try place.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return nil }
      return "\(try Data(contentsOf: place).sha256)  \(name)\n"
    }
    try AtomicFile.write(
      Data(sums.joined().utf8), to: folder.appending(path: RunDirectory.bundleManifestName))
  }

  /// The pictures of the run's report, those that were drawn while it trained left out.
  private func copyPictures(to folder: URL) throws -> [String] {
    let manager = FileManager.default
    let names = ((try? manager.contentsOfDirectory(atPath: run.directory.figures.path)) ?? [])
      .filter { $0.hasSuffix(".png") && $0.wholeMatch(of: /.+-[0-9]{8,18}\.png/) == nil }.sorted()
    if names.isEmpty { return [] }
    try StagedFolder.make(folder)
    for name in names {
      let data = try Data(contentsOf: run.directory.figures.appending(path: name))
      try AtomicFile.write(data, to: folder.appending(path: name))
    }
    return names
  }

  private static func json(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return try encoder.encode(value) + Data("\n".utf8)
  }
}
