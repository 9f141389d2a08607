import Foundation

/// Finds the folder that holds a set of IDX files.
///
/// A path that was given is the only place. Else, in this order: `$ELBO_DATA/NAME`, or `$ELBO_DATA` itself
/// where its last part is NAME; `.data/NAME` under the working directory; the folder of Debian's package.
public struct DataLocator: Sendable {
  /// The value of `$ELBO_DATA`, or nil.
  let dataRoot: String?
  /// The value of `$HOME`, or nil.
  let home: String?
  /// The folder that relative paths start from.
  let workingDirectory: String
  /// Put before the folders of the system's packages; a test looks elsewhere.
  let systemRoot: String

  /// A locator of this process's surroundings, or of those given.
  public init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    workingDirectory: String = FileManager.default.currentDirectoryPath
  ) {
    self.init(environment: environment, workingDirectory: workingDirectory, systemRoot: "")
  }

  package init(environment: [String: String], workingDirectory: String, systemRoot: String) {
    dataRoot = environment["ELBO_DATA"].flatMap { $0.isEmpty ? nil : $0 }
    home = environment["HOME"]
    self.workingDirectory = workingDirectory
    self.systemRoot = systemRoot
  }

  /// The folder of `set`: `path` where it is given, else the first place that holds all four files.
  ///
  /// Throws: `missing`, with every place looked in and why it would not do.
  public func locate(_ set: IDXSet, path: String? = nil) throws(DataError) -> IDXFolder {
    if let path { return try IDXFolder(set, at: absolute(path)) }
    var reasons: [String] = []
    for place in places(of: set) {
      guard let reason = IDXFolder.whyNot(place) else { return try IDXFolder(set, at: place) }
      reasons.append(reason == IDXFolder.notThere ? place : "\(place) (\(reason))")
    }
    throw DataError(
      .missing, at: set.rawValue, "not found; looked in \(reasons.joined(separator: ", "))",
      remedy: "\(set.remedy), or set ELBO_DATA or data.path")
  }

  /// The folders that are searched for `set`, in order.
  public func places(of set: IDXSet) -> [String] {
    var places = [rootFolder(of: set), workingDirectory + "/.data/" + set.rawValue].compactMap { $0 }
    if let debian = set.debian { places.append(systemRoot + debian.folder) }
    return places
  }

  /// The folder that a fetched `set` goes to: the first of those searched.
  public func fetchFolder(of set: IDXSet) -> String {
    rootFolder(of: set) ?? workingDirectory + "/.data/" + set.rawValue
  }

  private func rootFolder(of set: IDXSet) -> String? {
    guard let dataRoot else { return nil }
    let root = absolute(dataRoot)
    return (root as NSString).lastPathComponent == set.rawValue ? root : root + "/" + set.rawValue
  }

  private func absolute(_ path: String) -> String {
    var path = path
    if path == "~" || path.hasPrefix("~/"), let home { path = home + path.dropFirst() }
    if !path.hasPrefix("/") { path = workingDirectory + "/" + path }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
