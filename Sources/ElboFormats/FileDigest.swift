import Crypto
import ElboData
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
