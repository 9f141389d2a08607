import Elbo
import Foundation
import Torch

/// A folder that appears complete or not at all.
enum StagedFolder {
  /// Fills a new folder beside `place` and puts it there.
  ///
  /// - Throws: `ConfigurationError` where something is in the place already; nothing is left behind then.
  static func write(to place: URL, _ fill: (URL) throws -> Void) throws {
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    if manager.fileExists(atPath: place.path, isDirectory: &isFolder) {
      guard isFolder.boolValue, try manager.contentsOfDirectory(atPath: place.path).isEmpty else {
        throw ConfigurationError(
          isFolder.boolValue ? "is not empty" : "is a file", at: place.path,
          remedy: "choose another --output, or remove it")
      }
    }
    let parent = place.deletingLastPathComponent()
    let staged = parent.appending(path: ".\(UUID().uuidString).tmp")
    try make(staged)
    do {
      try fill(staged)
      try AtomicFile.makeDurable(staged)
      guard rename(staged.path, place.path) == 0 else { throw FileError(cannot: "be written", place) }
    } catch {
      try? manager.removeItem(at: staged)
      // What people know is the place, not what was beside it.
      guard let failure = error as? FileError, failure.location.hasPrefix(staged.path) else { throw error }
      throw FileError(place, problem: failure.problem, remedy: failure.remedy)
    }
    try AtomicFile.makeDurable(parent)
  }

  /// Makes a folder and those it lies in, where they are not there.
  static func make(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
      throw FileError(
        cannot: "be made",
        folder.lastPathComponent.hasPrefix(".") ? folder.deletingLastPathComponent() : folder,
        code: code.map(Int32.init) ?? errno)
    }
  }
}
