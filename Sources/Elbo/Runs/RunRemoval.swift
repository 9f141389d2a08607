import Foundation
import Torch

/// Runs that are about to be deleted, and that no other process trains meanwhile.
public struct RunRemoval {
  /// Their folders, each once, in the order given.
  public let directories: [RunDirectory]
  /// What their files take, in bytes.
  public let bytes: Int
  private let locks: [RunLock]

  /// Makes sure that each folder is a run's, and keeps other processes from training it.
  ///
  /// - Throws: `FileError` for a folder that is not a run's, or for a run that another process trains.
  public init(_ paths: [String]) throws {
    var seen: Set<String> = []
    let directories = try paths.map { try RunDirectory(existing: $0) }
      .filter { seen.insert($0.url.resolvingSymlinksInPath().path).inserted }
    for directory in directories {
      // Other folders have a config.yaml too.
      let isRun =
        [directory.metrics, directory.checkpoints].allSatisfy {
          FileManager.default.fileExists(atPath: $0.path)
        } && (try? ConfigurationLoader.load(runFile: directory.configuration)) != nil
      guard isRun else {
        throw FileError(
          directory.url,
          problem: "does not look like a run: it lacks a sound config.yaml, metrics.jsonl or checkpoints/",
          remedy: "remove it by other means, if it is to go")
      }
    }
    self.directories = directories
    locks = try directories.map { try RunLock($0, remedy: "stop it first, or wait until it ends") }
    bytes = directories.reduce(0) { $0 + Self.size(of: $1.url) }
  }

  /// Deletes them.
  ///
  /// A folder first loses its name in one step, so that no half of a run can be met under it.
  ///
  /// - Parameter done: told each folder once it is gone.
  /// - Throws: `FileError` for the first that cannot be deleted; those after it stay.
  public func perform(_ done: (RunDirectory) -> Void = { _ in }) throws(FileError) {
    for directory in directories {
      let place = directory.url.resolvingSymlinksInPath()
      let doomed = place.deletingLastPathComponent().appending(path: ".deleted-\(UUID().uuidString)")
      guard rename(place.path, doomed.path) == 0 else { throw FileError(cannot: "be deleted", directory.url) }
      do {
        try FileManager.default.removeItem(at: doomed)
      } catch {
        throw FileError(
          doomed, problem: "cannot be deleted whole: \(error.localizedDescription)",
          remedy: "it was \(directory.url.path); remove the rest")
      }
      done(directory)
    }
  }

  private static func size(of folder: URL) -> Int {
    let keys: Set<URLResourceKey> = [.fileSizeKey, .isRegularFileKey]
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: Array(keys))
    return (files?.compactMap { $0 as? URL } ?? []).reduce(0) { sum, file in
      sum + ((try? file.resourceValues(forKeys: keys))?.fileSize ?? 0)
    }
  }
}
