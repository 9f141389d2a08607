import Elbo
import Foundation
import Torch

/// A run's weights as one safetensors file: parameters and buffers under the paths of their modules, such as
/// "encoder.network.layers.0.weight", and in its metadata where they come from and the configuration, so that the file
/// alone makes a run again.
struct WeightsExport {
  /// The metadata's key of the configuration.
  static let configurationKey = "elbo.configuration"
  private let weights: Safetensors

  init(_ run: TrainedRun, origin: ExportOrigin) {
    var metadata = Dictionary(uniqueKeysWithValues: origin.facts)
    metadata["format"] = "pt"
    metadata["step"] = String(run.step)
    metadata[Self.configurationKey] = ConfigurationLoader.yaml(run.configuration)
    weights = Safetensors(tensors: run.model.weights, metadata: metadata)
  }

  func write(to place: URL) throws {
    try StagedFolder.make(place.deletingLastPathComponent())
    try weights.write(to: place)
  }
}
