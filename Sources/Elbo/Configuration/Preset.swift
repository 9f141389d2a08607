import ElboPresets
import Torch
import Yams

/// A named configuration that reproduces a source document or a paper's experiment.
public struct Preset: Sendable {
  /// The name that `elbo train` takes.
  public let name: String
  /// What it is, in a line.
  public let summary: String
  /// What it reproduces.
  public let source: String
  /// Where it departs from its source.
  public let deviations: [Deviation]
  private let yaml: String

  /// One departure from the source, with its reason.
  public struct Deviation: Sendable, Codable, Hashable {
    /// What is done otherwise.
    public let what: String
    /// Why.
    public let why: String
    /// The variant that departs; both where it is nil.
    public let variant: Variant?
  }

  /// The presets' names, sorted.
  public static var names: [String] { presetTexts.keys.sorted() }

  /// The preset of a name.
  ///
  /// - Throws: `ConfigurationError` with the nearest name when there is none.
  public static func named(_ name: String) throws -> Preset {
    guard let bytes = presetTexts[name] else {
      throw ConfigurationError.unknown("preset", name, known: names)
    }
    return try Preset(name: name, yaml: String(decoding: bytes, as: UTF8.self))
  }

  private struct Description: Decodable {
    let summary: String
    let source: String
    let deviations: [Deviation]?
  }

  private init(name: String, yaml: String) throws {
    let description = try YAMLDecoder().decode(Description.self, from: yaml)
    self.name = name
    summary = description.summary
    source = description.source
    deviations = description.deviations ?? []
    self.yaml = yaml
  }

  /// What differs from the defaults in a variant.
  func configuration(_ variant: Variant) throws -> Node {
    let node = try Yams.compose(yaml: yaml)
    let common = node?["configuration"] ?? Node.empty
    let own = node?["variants"]?[variant.rawValue] ?? Node.empty
    return common.merged(with: own)
  }
}
