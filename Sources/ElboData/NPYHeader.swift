import Foundation

/// What the first bytes of an NPY file say: the type of its elements, its shape, and where the elements
/// start.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NPYHeader: Sendable, Equatable {
  /// The types of elements that are read, all little-endian.
  enum Element: String, Sendable {
    case float32 = "f4"
    case float64 = "f8"
    case int32 = "i4"
    case int64 = "i8"
    case byte = "u1"
    case boolean = "b1"

    /// Bytes of an element.
    var size: Int {
      switch self {
      case .float32, .int32: 4
      case .float64, .int64: 8
      case .byte, .boolean: 1
      }
    }

    /// Writes `count` elements as single-precision numbers.
    func convert(_ raw: UnsafeRawPointer, count: Int, into numbers: UnsafeMutablePointer<Float>) {
      switch self {
      case .float32: UnsafeMutableRawPointer(numbers).copyMemory(from: raw, byteCount: 4 * count)
      case .float64:
        for index in 0..<count {
          numbers[index] = Float(raw.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
        }
      case .int32:
        for index in 0..<count {
          numbers[index] = Float(raw.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
        }
      case .int64:
        for index in 0..<count {
          numbers[index] = Float(raw.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
        }
      case .byte, .boolean:
        for index in 0..<count { numbers[index] = Float(raw.load(fromByteOffset: index, as: UInt8.self)) }
      }
    }
  }

  /// The type of the elements.
  let element: Element
  /// The lengths of the dimensions.
  let shape: [Int]
  /// Where the elements start.
  let offset: Int

  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// The bytes before the elements of a version 1.0 file of single-precision numbers.
  static func bytes(shape: [Int]) -> Data {
    let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(lengths)), }"
    // The elements start at a multiple of 64 bytes.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var data = Data(magic + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    return data
  }

  /// Reads the header of a file that is all there.
  ///
  /// - Throws: `DataError` that says what is wrong with it.
  init(_ file: UnsafeRawBufferPointer, name: String) throws(DataError) {
    func unsound(_ problem: String) -> DataError {
      DataError(.malformed, at: name, "not a sound NPY file: " + problem, remedy: "write it with numpy.save")
    }
    let bytes = [UInt8](file.prefix(12))
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
    guard start <= file.count else { throw unsound("the header is cut short") }
    let header = String(decoding: file[(isFirst ? 10 : 12)..<start], as: UTF8.self)
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
    guard let element = Element(rawValue: String(type.drop { "<|=".contains($0) })) else {
      throw unsound("elements of type '\(type)' are not read")
    }
    var total = element.size
    for length in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: length)
      guard !overflow, product <= file.count else {
        throw unsound("the shape \(shape) is more than the file holds")
      }
      total = product
    }
    guard file.count - start == total else {
      throw unsound("the shape \(shape) takes \(total) bytes, the file holds \(file.count - start)")
    }
    self.element = element
    self.shape = shape
    offset = start
  }
}
