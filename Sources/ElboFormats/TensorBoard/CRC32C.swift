import Foundation

/// The cyclic redundancy check of TFRecord files: CRC-32 with Castagnoli's polynomial, reflected. RFC 3720,
/// appendix B.4.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
  }

  /// The check of some bytes.
  static func check(_ data: Data) -> UInt32 {
    ~data.reduce(~UInt32(0)) { value, byte in table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8
    }
  }

  /// The check as TFRecord files have it: rotated and moved, since checks of data that contain checks are weak.
  static func masked(_ data: Data) -> UInt32 {
    let value = check(data)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
