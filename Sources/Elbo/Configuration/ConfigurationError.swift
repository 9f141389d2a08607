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

extension [String] {
  /// The name that a mistyped one most likely meant: the one fewest edits away, if they are few.
  package func nearest(to name: String) -> String? {
    let close = map { (name: $0, distance: editDistance($0.lowercased(), name.lowercased())) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let close, close.distance <= Swift.max(2, name.count / 3) else { return nil }
    return close.name
  }
}

/// The fewest insertions, deletions and substitutions of characters that turn `a` into `b`.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let cost = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = Swift.min(cost, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
