import Elbo
import Foundation
import Torch

/// Weights of a file, by Elbo or another program, and the configuration where it tells one.
public struct ImportedWeights {
  /// The tensors and the metadata.
  public let weights: Safetensors
  private let place: URL

  /// Reads a file.
  ///
  /// - Throws: `FileError` when it cannot be read, `SafetensorsError` when it is not sound.
  public init(contentsOf url: URL) throws {
    weights = try Safetensors(contentsOf: url)
    place = url
  }

  /// The configuration of the model whose weights they are.
  ///
  /// - Parameters:
  ///   - name: a preset or file; nil for the one that the metadata holds.
  ///   - settings: assignments "key=value" over it.
  /// - Throws: `ConfigurationError` where there is none, or one that makes no sense.
  public func configuration(named name: String?, settings: [String]) throws -> RunConfiguration {
    if let name { return try ConfigurationLoader.load(name, settings: settings) }
    guard let text = weights.metadata[WeightsExport.configurationKey] else {
      throw ConfigurationError(
        "tells no configuration", at: place.path, remedy: "give the model's preset or YAML file by --as")
    }
    return try ConfigurationLoader.load(text: text, named: place.path, settings: settings)
  }
}
