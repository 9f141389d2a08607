import Torch

/// A configuration key with one of its values, as after `--set`.
public struct SweepSetting: Sendable, Hashable, Codable {
  /// The dotted name: "optimiser.learningRate".
  public let key: String
  /// The value, as YAML.
  public let value: String

  /// "key=value".
  public var text: String { "\(key)=\(value)" }

  /// A key with its value.
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// A key and the values of which a grid has each: "posterior.kind=gaussian,implicit".
public struct GridAxis: Sendable, Hashable, Codable {
  /// The dotted name of a configuration's key.
  public let key: String
  /// The values in the order given, as YAML.
  public let values: [String]

  /// Reads "key=a,b,c"; a comma within brackets belongs to a value, as in "encoder.hidden=[64,64],[256]".
  ///
  /// - Throws: `ConfigurationError` for a text of another form, or a value that comes twice.
  public init(_ text: String) throws(ConfigurationError) {
    let (key, rest) = try SweepText.assignment(text, at: "--grid")
    let values = SweepText.list(rest)
    guard Set(values).count == values.count, !values.contains("") else {
      throw ConfigurationError(
        "a value is empty or comes twice", at: "--grid \(text)", remedy: "give each value once")
    }
    (self.key, self.values) = (key, values)
  }

  /// The text it was read from.
  public var text: String { "\(key)=\(values.joined(separator: ","))" }

  /// Decodes the text.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Encodes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// A key and the distribution that its values are drawn from: "optimiser.learningRate=log:1e-4:1e-2".
public struct RandomAxis: Sendable, Hashable, Codable {
  /// The dotted name of a configuration's key.
  public let key: String
  /// Where values come from.
  public let distribution: SweepDistribution

  /// Reads "key=log:LOW:HIGH", "key=uniform:LOW:HIGH", "key=integer:LOW:HIGH" or "key=a,b,c".
  ///
  /// - Throws: `ConfigurationError` for a text of another form.
  public init(_ text: String) throws(ConfigurationError) {
    let (key, rest) = try SweepText.assignment(text, at: "--random")
    (self.key, distribution) = (key, try SweepDistribution(rest, at: "--random \(text)"))
  }

  /// The text it was read from.
  public var text: String { "\(key)=\(distribution.text)" }

  /// Decodes the text.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Encodes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// How people write axes.
enum SweepText {
  /// The two sides of the first equals sign.
  static func assignment(
    _ text: String, at option: String
  ) throws(ConfigurationError) -> (key: String, rest: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ConfigurationError(
        "not of the form key=values", at: "\(option) \(text)",
        remedy: "see 'elbo sweep --help' for examples")
    }
    return (String(parts[0]), String(parts[1]))
  }

  /// The parts between commas that are in no brackets.
  static func list(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
    }
    return parts.map { $0.trimming { $0 == " " } }
  }
}

extension String {
  /// The text without characters of a kind at its ends.
  fileprivate func trimming(_ isOuter: (Character) -> Bool) -> String {
    String(drop(while: isOuter).reversed().drop(while: isOuter).reversed())
  }
}
