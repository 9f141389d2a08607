import Foundation
import Torch
import Yams

/// Builds a configuration: the defaults, under a preset, under a file, under `--set`.
///
/// All are merged as YAML and decoded once. The result is encoded again: a key that did not survive is one that
/// nothing reads, and an error.
public enum ConfigurationLoader {
  /// The configuration of a preset, or of a YAML file that may name the preset it builds on.
  ///
  /// - Parameter settings: assignments "key=value", as after `--set`; later ones win.
  /// - Throws: `ConfigurationError`, or `FileError` when the file cannot be read.
  public static func load(_ source: String, settings: [String] = []) throws -> RunConfiguration {
    var layers: [Node] = []
    let isFile = source.hasSuffix(".yaml") || source.hasSuffix(".yml")
    var preset: Preset?
    if isFile {
      let (base, layer) = try file(source)
      preset = try base.map(Preset.named)
      layers.append(layer)
    } else {
      preset = try Preset.named(source)
    }
    let assignments = try settings.map(assignment)
    layers += assignments

    var merged = try Yams.compose(yaml: YAMLEncoder().encode(RunConfiguration())) ?? Node.empty
    if let preset {
      let overrides = layers.reduce(Node.empty) { $0.merged(with: $1) }
      let variant = try variant(overrides["variant"])
      merged = try merged.merged(with: preset.configuration(variant))
    }
    merged = layers.reduce(merged) { $0.merged(with: $1) }
    let name = preset?.name ?? URL(filePath: source).deletingPathExtension().lastPathComponent
    merged = merged.merged(with: .single("name", Node(name)))
    return try decode(merged, source: isFile ? source : "--set")
  }

  /// The configuration that a run wrote down.
  public static func load(runFile url: URL) throws -> RunConfiguration {
    let (_, node) = try file(url.path)
    let merged = try Yams.compose(yaml: YAMLEncoder().encode(RunConfiguration()))!.merged(with: node)
    return try decode(merged, source: url.path)
  }

  /// The configuration as YAML, all keys present.
  public static func yaml(_ configuration: RunConfiguration) -> String {
    // Every property is a number, a text or a list of them.
    guard let text = try? YAMLEncoder().encode(configuration) else { return "" }
    // Yams rounds to 15 digits, which would make a run that goes on another one. JSON has all digits, and is YAML.
    guard let json = try? JSONEncoder().encode(configuration),
      let exact = try? Yams.compose(yaml: String(decoding: json, as: UTF8.self)),
      let node = try? Yams.compose(yaml: text)
    else { return text }
    return (try? Yams.serialize(node: node.withNumbers(of: exact))) ?? text
  }

  private static func variant(_ node: Node?) throws -> Variant {
    guard let text = node?.string else { return .corrected }
    guard let variant = Variant(rawValue: text) else {
      throw ConfigurationError.unknown(
        "value", text, known: Variant.allCases.map(\.rawValue), at: "variant")
    }
    return variant
  }

  private static func file(_ path: String) throws -> (preset: String?, layer: Node) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ConfigurationError("cannot be read as text", at: path, remedy: "check the path")
    }
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      let reason = String(describing: error).split(separator: "\n").joined(separator: " ")
      throw ConfigurationError("not sound YAML: \(reason)", at: path)
    }
    guard let node, var mapping = node.mapping else {
      throw ConfigurationError("not a mapping of keys to values", at: path)
    }
    let preset = mapping["preset"]
    if let preset, preset.string == nil {
      throw ConfigurationError("'preset' is not a preset's name", at: path)
    }
    mapping["preset"] = nil
    return (preset?.string, .mapping(mapping))
  }

  /// "a.b=c" as the mapping {a: {b: c}}.
  private static func assignment(_ text: String) throws -> Node {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw ConfigurationError("not of the form key=value", at: "--set \(text)")
    }
    let value: Node
    do {
      value = try Yams.compose(yaml: String(text[text.index(after: equals)...])) ?? Node("")
    } catch {
      throw ConfigurationError("the value is not sound YAML", at: "--set \(text)")
    }
    return text[..<equals].split(separator: ".", omittingEmptySubsequences: false).reversed()
      .reduce(value) { inner, key in .single(String(key), inner) }
  }

  private static func decode(_ merged: Node, source: String) throws -> RunConfiguration {
    let configuration: RunConfiguration
    do {
      configuration = try YAMLDecoder().decode(RunConfiguration.self, from: merged)
    } catch let error as DecodingError {
      throw ConfigurationError(decoding: error, in: merged)
    }
    let known = try Yams.compose(yaml: YAMLEncoder().encode(configuration))!.keyPaths
    // Paths, not dotted texts: a key that is itself "training.steps" is read by nothing.
    let unknown = merged.keyPaths.subtracting(known).map { $0.joined(separator: ".") }.min()
    if let unknown, known.contains(unknown.split(separator: ".").map(String.init)) {
      throw ConfigurationError(
        "unknown key '\(unknown)' with a dot in it", at: source, remedy: "nest the keys: 'a: {b: value}'")
    }
    if let unknown {
      throw ConfigurationError.unknown(
        "key", unknown, known: known.map { $0.joined(separator: ".") }, at: source)
    }
    try configuration.validate()
    return configuration
  }
}

extension Node {
  /// A mapping of nothing.
  static var empty: Node { .mapping(Mapping([])) }

  /// A mapping of one key.
  static func single(_ key: String, _ value: Node) -> Node { .mapping(Mapping([(Node(key), value)])) }

  /// This mapping with another's values put over its own, level by level.
  func merged(with other: Node) -> Node {
    guard var mine = mapping, let theirs = other.mapping else { return other }
    for (key, value) in theirs { mine[key] = mine[key]?.merged(with: value) ?? value }
    return .mapping(mine)
  }

  /// This node with the other's text for every number that they give differently.
  func withNumbers(of exact: Node?) -> Node {
    if var mapping {
      for (key, value) in mapping { mapping[key] = value.withNumbers(of: key.string.flatMap { exact?[$0] }) }
      return .mapping(mapping)
    }
    guard let text = exact?.scalar, let number = Double(text.string),
      let shown = scalar.flatMap({ Double($0.string) }),
      shown != number
    else { return self }
    return Node(text.string)
  }

  /// The keys that lead to all values that are not mappings.
  var keyPaths: Set<[String]> {
    guard let mapping else { return [] }
    return mapping.reduce(into: []) { paths, entry in
      let key = entry.key.string ?? ""
      if entry.value.mapping != nil {
        paths.formUnion(entry.value.keyPaths.map { [key] + $0 })
      } else {
        paths.insert([key])
      }
    }
  }
}
