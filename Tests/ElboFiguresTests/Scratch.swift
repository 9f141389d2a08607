import ElboFigures
import Foundation
import Testing

/// A folder of its own for one test, removed with it.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/elbo-figures-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }

  /// Names of the files there are, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// A program of the given shell commands.
  func program(_ name: String, _ commands: String) throws -> String {
    let script = file(name)
    try "#!/bin/sh\n\(commands)\n".write(toFile: script, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    return script
  }
}

extension Bitmap {
  /// Places of all pixels of the colour `0xRRGGBB`.
  func places(of color: UInt32) -> [(x: Int, y: Int)] {
    let wanted = [16, 8, 0].map { UInt8(truncatingIfNeeded: color >> $0) }
    return (0..<height).flatMap { y in
      (0..<width).filter { Array(self[$0, y]) == wanted }.map { (x: $0, y: y) }
    }
  }

  /// Mean place of all pixels of a colour.
  func center(of color: UInt32) throws -> (x: Double, y: Double) {
    let found = places(of: color)
    try #require(!found.isEmpty, "no pixel of colour \(String(color, radix: 16))")
    let count = Double(found.count)
    return (
      x: Double(found.map(\.x).reduce(0, +)) / count, y: Double(found.map(\.y).reduce(0, +)) / count
    )
  }
}

/// Names with everything that a tool on the way could take for its own.
let hostileNames = [
  "It's \"quoted\"", "<script>alert('x')</script> & &amp;", "line one\nline two", "`id` $(id) $HOME",
  "{/Bold x}_2^3 @macro \\n \\", "100 % %d %s %f", "漢字 ∑ é 🙂", "'.system(\"id\").'", "# comment; plot sin(x)",
  "' @macro `id` \" @macro `id`", "{ unbalanced", "}", "\\", "'", "\"", "`",
]
