import Foundation

/// An array of numbers in NumPy's NPY format, row-major.
///
/// A file is a magic number, a version, a header that is a Python dictionary of type, order and shape, and
/// the elements. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
public struct NPY: Sendable, Equatable {
  /// The lengths of the dimensions.
  public let shape: [Int]
  /// The elements as single-precision numbers.
  public let values: [Float]

  /// An array to write.
  ///
  /// - Precondition: there are as many values as the shape says.
  public init(shape: [Int], values: [Float]) {
    precondition(shape.reduce(1, *) == values.count, "\(values.count) values do not fill the shape \(shape)")
    self.shape = shape
    self.values = values
  }

  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// The file's bytes: version 1.0, little-endian single precision.
  public var data: Data {
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(lengths)), }"
    // The elements start at a multiple of 64 bytes.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var data = Data(Self.magic + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    return data
  }

  /// Reads a file of little-endian numbers: f4, f8, i4, i8, u1 or b1.
  ///
  /// - Throws: `DataError` that says what is wrong with it.
  public init(contentsOf path: String) throws(DataError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw DataError(.missing, at: path, "cannot be read", remedy: "check the path")
    }
    try self.init(data, name: path)
  }

  /// Reads a file's bytes; `name` stands in errors.
  package init(_ data: Data, name: String) throws(DataError) {
    func unsound(_ problem: String) -> DataError {
      DataError(.malformed, at: name, "not a sound NPY file: " + problem, remedy: "write it with numpy.save")
    }
    let bytes = [UInt8](data.prefix(12))
    guard bytes.count >= 10, Array(bytes[..<6]) == Self.magic else {
      throw unsound("it has no NPY magic number")
    }
    let isFirst = bytes[6] == 1
    guard isFirst || bytes.count == 12 else { throw unsound("it is cut short") }
    let length =
      isFirst
      ? Int(bytes[8]) | Int(bytes[9]) << 8
      : Int(bytes[8]) | Int(bytes[9]) << 8 | Int(bytes[10]) << 16 | Int(bytes[11]) << 24
    let start = (isFirst ? 10 : 12) + length
    guard start <= data.count else { throw unsound("the header is cut short") }
    let header = String(
      decoding: data[data.startIndex + (isFirst ? 10 : 12)..<data.startIndex + start], as: UTF8.self)
    guard let type = header.firstMatch(of: /'descr':\s*'([<|=]?[a-z][0-9])'/)?.1,
      let order = header.firstMatch(of: /'fortran_order':\s*(True|False)/)?.1,
      let list = header.firstMatch(of: /'shape':\s*\(([0-9, ]*)\)/)?.1
    else { throw unsound("the header is not one of a plain little-endian array") }
    guard order == "False" else { throw unsound("it is in Fortran order, which is not read") }
    var shape: [Int] = []
    for word in list.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) })
    where !word.isEmpty {
      guard let length = Int(word) else { throw unsound("'\(word)' is no length") }
      shape.append(length)
    }
    let code = type.drop { "<|=".contains($0) }
    let sizes = ["f4": 4, "f8": 8, "i4": 4, "i8": 8, "u1": 1, "b1": 1]
    guard let size = sizes[String(code)] else { throw unsound("elements of type '\(type)' are not read") }
    var total = size
    for length in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: length)
      guard !overflow, product <= data.count else {
        throw unsound("the shape \(shape) is more than the file holds")
      }
      total = product
    }
    let body = data[(data.startIndex + start)...]
    guard body.count == total else {
      throw unsound("the shape \(shape) takes \(total) bytes, the file holds \(body.count)")
    }
    self.shape = shape
    values = body.withUnsafeBytes { raw in
      (0..<total / size).map { index in
        let offset = index * size
        return switch code {
        case "f4": raw.loadUnaligned(fromByteOffset: offset, as: Float.self)
        case "f8": Float(raw.loadUnaligned(fromByteOffset: offset, as: Double.self))
        case "i4": Float(raw.loadUnaligned(fromByteOffset: offset, as: Int32.self))
        case "i8": Float(raw.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        default: Float(raw[offset])
        }
      }
    }
  }
}
