import Foundation
import Torch

/// The folder of a sweep: `state.json`, which it goes on from, `sweep.json`, `sweep.csv` and pictures, and a run's folder
/// for each trial and seed.
public struct SweepFolder: Sendable {
  /// The folder itself.
  public let url: URL

  /// The plan, and what is known of each trial.
  var state: URL { url.appending(path: "state.json") }
  /// The ranking as JSON.
  public var summary: URL { url.appending(path: "sweep.json") }
  /// The ranking as a table.
  public var table: URL { url.appending(path: "sweep.csv") }
  /// The objective against each key.
  public var picture: URL { url.appending(path: "sweep.png") }
  /// The objective against the steps, of trials that were given up early and of those that went on.
  public var courses: URL { url.appending(path: "halving.png") }

  /// The folder at a path, there or not.
  init(_ path: String) { url = URL(filePath: path) }

  /// What was written down; nil where the folder holds no sweep.
  ///
  /// - Throws: `FileError` where it holds something else.
  func read() throws -> SweepRecord? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    guard let data = FileManager.default.contents(atPath: state.path) else {
      // What a writer left behind that was killed.
      guard names.allSatisfy({ $0.hasSuffix(".tmp") }) else {
        throw FileError(url, problem: "is not empty and holds no sweep", remedy: "choose another --out")
      }
      return nil
    }
    do {
      return try Self.decoder.decode(SweepRecord.self, from: data)
    } catch {
      throw FileError(state, problem: "is not a sweep's state", remedy: "begin another sweep with --out")
    }
  }

  /// Makes the folder.
  func make() throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw FileError(cannot: "be made", url)
    }
  }

  func write(_ record: SweepRecord) throws {
    try AtomicFile.write(Self.encoder.encode(record), to: state)
  }

  func write(_ ranking: SweepSummary) throws {
    try AtomicFile.write(Self.encoder.encode(ranking), to: summary)
    try AtomicFile.write(Data(ranking.csv.utf8), to: table)
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }

  private static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return decoder
  }
}
