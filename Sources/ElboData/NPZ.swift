import CZlib
import Foundation

/// Arrays under names in one file, NumPy's NPZ: a zip file of NPY files.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.savez.html
public enum NPZ {
  /// Whether a path is that of such a file.
  public static func isName(_ path: String) -> Bool { path.lowercased().hasSuffix(".npz") }

  /// The bytes of a file that holds arrays, each under its name and stored as it is.
  ///
  /// Throws: `outOfRange` where they take more than the 4 GiB that the format's plain form has room for.
  public static func data(_ arrays: [(name: String, array: NPY)]) throws(DataError) -> Data {
    func little(_ value: Int, _ size: Int) -> Data {
      Data((0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }
    var (body, directory) = (Data(), Data())
    for (name, array) in arrays {
      let (member, file) = (Data("\(name).npy".utf8), array.data)
      guard body.count + file.count < 0xFFFF_0000, arrays.count < 0xFFFF else {
        throw DataError(.outOfRange, at: name, "the arrays take more than 4 GiB", remedy: "write .npy files")
      }
      // Version 2.0, no flags, stored, at the format's earliest date.
      let shared =
        little(20, 2) + little(0, 4) + little(0, 2) + little(0x21, 2) + little(Int(crc32(of: file)), 4)
        + little(file.count, 4) + little(file.count, 4) + little(member.count, 2) + little(0, 2)
      directory += little(0x0201_4B50, 4) + little(20, 2) + shared + little(0, 10)
      directory += little(body.count, 4) + member
      body += little(0x0403_4B50, 4) + shared + member + file
    }
    let end =
      little(0x0605_4B50, 4) + little(0, 4) + little(arrays.count, 2) + little(arrays.count, 2)
      + little(directory.count, 4) + little(body.count, 4) + little(0, 2)
    return body + directory + end
  }

  /// The bytes of one array of a file: the named one, or the only one.
  ///
  /// Throws: `unknownName`, with the names there are.
  static func bytes(of path: String, array name: String) throws(DataError) -> SharedBytes {
    let archive = try ZipArchive(path: path)
    let arrays = archive.members.filter { $0.name.hasSuffix(".npy") }
    let names = arrays.map { String($0.name.dropLast(4)) }
    guard let place = name.isEmpty ? (names.count == 1 ? 0 : nil) : names.firstIndex(of: name) else {
      throw DataError(
        .unknownName, at: path,
        name.isEmpty ? "it holds \(names.count) arrays, and none is named" : "it holds no array '\(name)'",
        remedy: "name one of: \(names.sorted().listed)")
    }
    return try archive.bytes(of: arrays[place])
  }

  /// One array of a file: the named one, or the only one.
  ///
  /// Throws: `DataError` that says what is wrong with the file or the name.
  public static func array(of path: String, named name: String = "") throws(DataError) -> NPY {
    let bytes = try bytes(of: path, array: name)
    return try NPY(bytes)
  }
}
