import Torch

/// The data sets that can be named in a configuration, and where each one is.
public struct DataCatalogue: Sendable {
  /// A data set, and whether it is there.
  public struct Entry: Sendable, Equatable, Codable {
    /// The name in configurations.
    public let name: String
    /// One line that says what the set holds.
    public let summary: String
    /// Whether the set is made here and needs no files.
    public let isBuiltIn: Bool
    /// The folder that holds the set's files, or nil.
    public let folder: String?
    /// What to do to have the set, or empty where it is there.
    public let remedy: String

    /// Whether the set can be used now.
    public var isAvailable: Bool { isBuiltIn || folder != nil }
  }

  /// Every set, those that need no files first.
  public let entries: [Entry]

  /// What `locator` finds.
  public init(locator: DataLocator = DataLocator()) {
    let builtIn = [
      (FourPoints.name, "the four one-hot points of R^4, as many of each as asked for, 4 classes"),
      (DrawnDigits.name, "digits drawn from strokes, any size and number, 10 classes; needs no network"),
    ].map { Entry(name: $0.0, summary: $0.1, isBuiltIn: true, folder: nil, remedy: "") }
    entries =
      builtIn
      + IDXSet.allCases.map { set in
        let folder = try? locator.locate(set).path
        return Entry(
          name: set.rawValue, summary: set.summary, isBuiltIn: false, folder: folder,
          remedy: folder == nil ? set.remedy : "")
      }
  }

  /// The entry of that name.
  ///
  /// Throws: `unknownName`, with the names there are.
  public func entry(named name: String) throws(DataError) -> Entry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw DataError(
        .unknownName, at: name, "no data set has this name",
        remedy: entries.map(\.name).nearest(to: name).map { "did you mean '\($0)'?" }
          ?? "use one of: \(entries.map(\.name).joined(separator: ", "))")
    }
    return entry
  }
}
