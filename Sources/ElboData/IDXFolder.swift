import Foundation

/// A folder that holds the four IDX files of a set, each plain or with `.gz`.
public struct IDXFolder: Sendable, Equatable {
  /// Which set it is.
  public let set: IDXSet
  /// The folder's path.
  public let path: String

  /// The files of `set` in the folder `path`.
  ///
  /// Throws: `missing` where the folder or one of the four files is not there, `unreadable` where it is a
  /// file.
  public init(_ set: IDXSet, at path: String) throws(DataError) {
    self.set = set
    self.path = path
    if let reason = Self.whyNot(path) {
      let isFolderMissing = reason == Self.notThere
      throw DataError(
        .missing, at: path, isFolderMissing ? "there is no such folder" : "the folder \(reason)",
        remedy: (try? ImageTable.paths(path)) == nil
          ? "name the folder with the four files, or \(set.remedy)"
          : "set data.name=images to train on the pictures in it")
    }
  }

  /// The images and labels of one part.
  ///
  /// Throws: what `IDX.imageSet` throws.
  public func load(_ split: Split) throws(DataError) -> ImageSet {
    try IDX.imageSet(
      name: set.rawValue, images: file(Self.imagesName(split)), labels: file(Self.labelsName(split)),
      classCount: set.classCount)
  }

  static func imagesName(_ split: Split) -> String { split.filePrefix + "-images-idx3-ubyte" }
  static func labelsName(_ split: Split) -> String { split.filePrefix + "-labels-idx1-ubyte" }

  static let notThere = "not there"

  /// Why the folder `path` is no set of IDX files, or nil where it is one.
  static func whyNot(_ path: String) -> String? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return notThere }
    guard isFolder.boolValue else { return "is a file" }
    for split in Split.allCases {
      for name in [imagesName(split), labelsName(split)] where existing(name, in: path) == nil {
        return "lacks \(name), plain or with .gz"
      }
    }
    return nil
  }

  /// The paths of the four files.
  public var files: [String] {
    [Split.train, .test].flatMap { [file(Self.imagesName($0)), file(Self.labelsName($0))] }
  }

  private func file(_ name: String) -> String {
    Self.existing(name, in: path) ?? path + "/" + name
  }

  /// The plain file where there is one, else the packed one; also under the name with a dot for the first
  /// hyphen of the ending, as some mirrors have it.
  private static func existing(_ name: String, in folder: String) -> String? {
    let dotted = name.replacingOccurrences(of: "-idx", with: ".idx")
    let candidates = [name, name + ".gz", dotted, dotted + ".gz"].map { folder + "/" + $0 }
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
  }
}
