import Crypto

extension SHA256.Digest {
  /// The bytes, two hexadecimal digits each.
  package var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
