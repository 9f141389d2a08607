import Crypto
import Foundation

/// The SHA-256 sums of the files that make a data set, as the program `sha256sum` writes and checks them.
public struct FileDigests: Sendable, Equatable {
  /// Lines "sum  path".
  public let text: String

  /// Reads every byte of some files.
  public init(_ paths: [String]) throws(DataError) {
    var lines = ""
    for path in paths { lines += try Self.sum(of: path) + "  " + path + "\n" }
    text = lines
  }

  /// Refuses files that are not what they were when a text of sums was written.
  ///
  /// - Parameters:
  ///   - paths: the files.
  ///   - text: a line for each, as `init(_:)` makes them.
  ///   - name: where the text is, for the error.
  public static func check(_ paths: [String], against text: String, name: String) throws(DataError) {
    var sums: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].count == 64 else {
        throw DataError(.malformed, at: name, "'\(line)' is no line of a sum and a path")
      }
      sums[String(parts[1].dropFirst())] = String(parts[0])
    }
    for path in paths {
      guard let sum = sums.removeValue(forKey: path) else {
        throw DataError(
          .corrupt, at: path, "was not among the data when the run began", remedy: "remove it, or train anew")
      }
      guard try Self.sum(of: path) == sum else {
        throw DataError(
          .corrupt, at: path, "has changed since the run began: its SHA-256 sum is not that in \(name)",
          remedy: "restore it, or train anew")
      }
    }
    if let missing = sums.keys.min() {
      throw DataError(.missing, at: missing, "was among the data when the run began", remedy: "restore it")
    }
  }

  private static func sum(of path: String) throws(DataError) -> String {
    let file = try MappedFile(path: path)
    file.expect(sequentialReads: true)
    var hash = SHA256()
    for start in stride(from: 0, to: file.bytes.count, by: 1 << 24) {
      hash.update(
        bufferPointer: UnsafeRawBufferPointer(
          rebasing: file.bytes[start..<min(file.bytes.count, start + 1 << 24)]))
    }
    return hash.finalize().hexadecimal
  }
}
