import Crypto
import ElboData
import Foundation

extension Data {
  /// SHA-256 in hexadecimal digits.
  package var sha256: String { SHA256.hash(data: self).hexadecimal }
}
