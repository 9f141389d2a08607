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

  /// The file's bytes: version 1.0, little-endian single precision.
  public var data: Data {
    var data = NPYHeader.bytes(shape: shape)
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

  package init(_ data: Data, name: String) throws(DataError) {
    try self.init(SharedBytes(data, name: name))
  }

  init(_ bytes: SharedBytes) throws(DataError) {
    let header = try NPYHeader(bytes.raw, name: bytes.name)
    let count = header.shape.reduce(1, *)
    shape = header.shape
    values = [Float](unsafeUninitializedCapacity: count) { numbers, written in
      if count > 0 {
        header.element.convert(
          bytes.raw.baseAddress! + header.offset, count: count, into: numbers.baseAddress!)
      }
      written = count
    }
    withExtendedLifetime(bytes) {}
  }
}
