import ElboData
import Foundation
import Testing

/// A folder of its own for a test, removed with the value's last copy.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/elbo-data-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder.
  func file(_ name: String) -> String { path + "/" + name }

  /// Writes `bytes` to the file `name`, with the folders on its way, and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return url.path
  }

  /// The names of the files in the folder, in order.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}

/// The bytes of the file at `path`.
func contents(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// What a program of the system prints, after it ended well.
@discardableResult
func run(_ program: String, _ arguments: String...) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0, "\(program) \(arguments)")
  return Array(data)
}

/// `bytes` as the gzip program packs them.
func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
  let folder = try TemporaryFolder()
  return try run("gzip", "-c", folder.write(bytes, to: "data"))
}

/// Numbers in big-endian order, as IDX headers have them.
func bigEndian(_ words: UInt32...) -> [UInt8] {
  words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
}

/// An IDX file of images with pixels 0, 1, 2 ... modulo 251.
func idxImages(count: Int, height: Int = 3, width: Int = 2) -> [UInt8] {
  bigEndian(0x803, UInt32(count), UInt32(height), UInt32(width))
    + (0..<count * height * width).map { UInt8($0 % 251) }
}

/// An IDX file of labels 0 to 9 over and over.
func idxLabels(count: Int) -> [UInt8] {
  bigEndian(0x801, UInt32(count)) + (0..<count).map { UInt8($0 % 10) }
}

/// Puts the four files of a small set into `folder`/`name`, packed where `isPacked` says so.
func writeSmallSet(in folder: TemporaryFolder, _ name: String, isPacked: (String) -> Bool = { _ in false })
  throws
{
  for (prefix, count) in [("train", 20), ("t10k", 10)] {
    for (kind, bytes) in [("images-idx3", idxImages(count: count)), ("labels-idx1", idxLabels(count: count))]
    {
      let file = "\(prefix)-\(kind)-ubyte"
      if isPacked(file) {
        try folder.write(gzipped(bytes), to: "\(name)/\(file).gz")
      } else {
        try folder.write(bytes, to: "\(name)/\(file)")
      }
    }
  }
}

/// The folder of a published set on this machine, or nil.
func installed(_ set: IDXSet) -> IDXFolder? { try? DataLocator().locate(set) }

/// The sum over cells of (seen - expected)^2 / expected, for equally likely cells.
func chiSquared(_ counts: [Int]) -> Double {
  let expected = Double(counts.reduce(0, +)) / Double(counts.count)
  return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
}
