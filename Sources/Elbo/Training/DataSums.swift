import ElboData
import Foundation
import Torch

/// The sums of the files that a run learns from, kept with it, so that it goes on with the same.
struct DataSums {
  private let digests: FileDigests

  /// The sums of the files of a configuration's data; nil where they are not asked for.
  ///
  /// - Throws: `ConfigurationError` for a set that has no files.
  init?(of configuration: RunConfiguration) throws {
    guard let files = try Self.files(configuration) else { return nil }
    digests = try FileDigests(files)
  }

  /// Keeps them in a run's folder.
  func write(to directory: RunDirectory) throws {
    try AtomicFile.write(Data(digests.text.utf8), to: directory.dataSums)
  }

  /// Refuses data that are not those that a run began with.
  static func check(_ configuration: RunConfiguration, in directory: RunDirectory) throws {
    guard let files = try files(configuration) else { return }
    guard let text = try? String(contentsOf: directory.dataSums, encoding: .utf8) else {
      throw FileError(
        directory.dataSums, problem: "cannot be read", remedy: "restore it, or train anew")
    }
    try FileDigests.check(files, against: text, name: directory.dataSums.path)
  }

  private static func files(_ configuration: RunConfiguration) throws -> [String]? {
    guard configuration.data.checksum == .sha256 else { return nil }
    let files = try DataSources.named(configuration.data).files(configuration.data)
    guard !files.isEmpty else {
      throw ConfigurationError(
        "\(configuration.data.name) has no files that could be summed", at: "data.checksum",
        remedy: "leave it off")
    }
    return files
  }
}
