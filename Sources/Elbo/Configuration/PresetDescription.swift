import Foundation
import Torch

/// A preset with its keys resolved and its networks counted.
public struct PresetDescription: Encodable {
  /// The name that `elbo train` takes.
  public let name: String
  /// What it reproduces.
  public let source: String
  /// Where it departs from its source, in the variant chosen.
  public let deviations: [Preset.Deviation]
  /// All keys.
  public let configuration: RunConfiguration
  /// The number of parameters of each network.
  public let parameters: [String: Int]

  /// Describes a preset without its data.
  ///
  /// - Throws: `ConfigurationError` for an unknown preset or unsound settings.
  public init(_ name: String, settings: [String] = []) throws {
    let preset = try Preset.named(name)
    let configuration = try ConfigurationLoader.load(name, settings: settings)
    let shape = try DataSources.shape(configuration.data)
    let model = try ModelBuilder.build(
      configuration, shape: shape, using: Generator(seed: configuration.seed))
    self.name = preset.name
    source = preset.source
    deviations = preset.deviations.filter { $0.variant == nil || $0.variant == configuration.variant }
    self.configuration = configuration
    parameters = model.parameterCounts
  }

  /// The description for people.
  public var text: String {
    let counts = parameters.sorted { $0.key < $1.key }.map { "#   \($0.key): \($0.value)" }
    let departures = deviations.map { "#   \($0.what)\n#     because \($0.why)" }
    return
      (["# \(name)", "# \(source)", "# Parameters:"] + counts + ["# Departs from its source:"] + departures
      + [ConfigurationLoader.yaml(configuration)]).joined(separator: "\n")
  }
}
