import Capture
import Foundation
import Torch
import Yams

/// Builds a configuration: the defaults, under a preset, under a file, under `--set`.
///
/// All are merged as YAML and decoded once. The result is encoded again: a key that did not survive is one
/// that nothing reads, and an error.
public enum ConfigurationLoader {
  /// The configuration of a preset, or of a YAML file that may name the preset it builds on.
  ///
  /// - Parameters:
  ///   - source: a preset's name, or the path of a `.yaml` file.
  ///   - settings: assignments "key=value", as after `--set`; later ones win.
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
      if let error = folderError(source) { throw error }
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
    return try decode(merged, file: isFile ? source : nil)
  }

  /// The configuration that a run wrote down, under assignments "key=value".
  public static func load(runFile url: URL, settings: [String] = []) throws -> RunConfiguration {
    let (_, node) = try file(url.path)
    let layers = try [node] + settings.map(assignment)
    let defaults = try Yams.compose(yaml: YAMLEncoder().encode(RunConfiguration()))!
    return try decode(layers.reduce(defaults) { $0.merged(with: $1) }, file: url.path)
  }

  /// The configuration that a run wrote down, as text, under assignments "key=value"; `name` is for the errors.
  public static func load(
    text: String, named name: String, settings: [String] = []
  ) throws -> RunConfiguration {
    let defaults = try Yams.compose(yaml: YAMLEncoder().encode(RunConfiguration()))!
    let layers = try [mapping(text, path: name).layer] + settings.map(assignment)
    return try decode(layers.reduce(defaults) { $0.merged(with: $1) }, file: name)
  }

  /// The values of a configuration's keys, as YAML has them.
  static func values(_ configuration: RunConfiguration) -> [String: String] {
    let node = (try? Yams.compose(yaml: yaml(configuration))) ?? .empty
    return node.keyPaths.reduce(into: [:]) { values, path in
      let value = path.reduce(node as Node?) { $0?[$1] }
      values[path.joined(separator: ".")] =
        value?.string ?? value?.sequence.map { "[\($0.map { $0.string ?? "" }.joined(separator: ", "))]" }
        ?? ""
    }
  }

  /// The configuration as YAML, all keys present.
  public static func yaml(_ configuration: RunConfiguration) -> String {
    // Every property is a number, a text or a list of them.
    // Yams rounds to 15 digits, which would make a run that goes on another one. JSON has all digits, and is
    // YAML.
    guard let text = try? YAMLEncoder().encode(configuration), let node = try? Yams.compose(yaml: text),
      let json = try? JSONEncoder().encode(configuration),
      let exact = try? Yams.compose(yaml: String(decoding: json, as: UTF8.self))
    else { return "" }
    return (try? Yams.serialize(node: node.readable(exact))) ?? text
  }

  /// A folder in a preset's place is most often one of pictures, or a run's.
  private static func folderError(_ source: String) -> ConfigurationError? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: source, isDirectory: &isFolder), isFolder.boolValue,
      !Preset.names.contains(source)
    else { return nil }
    return ConfigurationError(
      "is a folder, neither a preset nor a YAML file", at: source,
      remedy: RunDirectory.isRun(source)
        ? "give '--resume \(source)' to go on with that run"
        : "for the pictures in it give a preset, such as vae-fashion-conv, with '--set data.name=images "
          + "--set data.path=\(source) --set data.size=64'")
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
    return try mapping(text, path: path)
  }

  private static func mapping(_ text: String, path: String) throws -> (preset: String?, layer: Node) {
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

  /// Decodes what was merged; an error names the file that a person can mend, where there is one.
  private static func decode(_ merged: Node, file: String?) throws -> RunConfiguration {
    do {
      return try decode(merged, at: file == nil ? "--set" : "")
    } catch let error as ConfigurationError {
      guard let file else { throw error }
      let location = error.location.isEmpty ? file : "\(file): \(error.location)"
      throw ConfigurationError(error.problem, at: location, remedy: error.remedy)
    }
  }

  private static func decode(_ merged: Node, at location: String) throws -> RunConfiguration {
    var configuration: RunConfiguration
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
        "unknown key '\(unknown)' with a dot in it", at: location, remedy: "nest the keys: 'a: {b: value}'")
    }
    if let unknown {
      throw ConfigurationError.unknown(
        "key", unknown, known: known.map { $0.joined(separator: ".") }, at: location)
    }
    if configuration.precision == .auto {
      configuration.precision =
        configuration.canRoundProducts && Processor.multipliesHalvesFaster ? .bf16 : .fp32
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

  /// The same with lists on one line, and with numbers as Swift writes them, where the encoder has 1e-3 for
  /// 0.001.
  ///
  /// - Parameter exact: the same values, their numbers with all digits.
  fileprivate func readable(_ exact: Node?) -> Node {
    switch self {
    case .mapping(let mapping):
      let entries = mapping.map { key, value in (key, value.readable(key.string.flatMap { exact?[$0] })) }
      return .mapping(Mapping(entries, .implicit, mapping.style))
    case .sequence(let sequence):
      return .sequence(Sequence(sequence.map { $0 }, .implicit, .flow))
    case .scalar(let scalar):
      guard scalar.style == .plain, scalar.string.wholeMatch(of: /-?[0-9.]+e[+-]?[0-9]+/) != nil,
        let number = exact?.scalar.flatMap({ Double($0.string) })
      else { return self }
      return .scalar(Scalar("\(number)", .implicit, .plain))
    default:
      return self
    }
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
