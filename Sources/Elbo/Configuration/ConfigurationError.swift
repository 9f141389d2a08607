import Torch

/// A configuration that cannot be followed.
public struct ConfigurationError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String
  /// The process status that fits.
  public var exitStatus: Int32 { 2 }

  /// An error at a key, a file or a preset.
  public init(_ problem: String, at location: String, remedy: String = "") {
    self.problem = problem
    self.location = location
    self.remedy = remedy
  }

  /// A name that is none of those that are known.
  static func unknown(_ kind: String, _ name: String, known: [String], at location: String = "") -> Self {
    // Among many names only those beside the mistyped one are worth a person's time.
    let section = name.prefix { $0 != "." } + "."
    let near = known.count <= 12 || kind != "key" ? known : known.filter { $0.hasPrefix(section) }
    let remedy =
      near.isEmpty
      ? "see 'elbo presets NAME' for all keys" : "known: " + near.sorted().joined(separator: ", ")
    return Self(
      "unknown \(kind) '\(name)'", at: location,
      remedy: known.nearest(to: name).map { "did you mean '\($0)'?" } ?? remedy)
  }
}
