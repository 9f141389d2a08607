import Crypto
import Foundation

/// SHA-256 in hexadecimal digits.
package enum FileDigest {
  /// Of a file's bytes.
  package static func sha256(of file: URL) throws -> String { try Data(contentsOf: file).sha256 }
}

extension Data {
  /// SHA-256 in hexadecimal digits.
  var sha256: String { SHA256.hash(data: self).hexadecimal }
}

extension SHA256.Digest {
  /// The bytes, two digits each.
  var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
