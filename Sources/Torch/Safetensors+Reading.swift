import Foundation

/// A file that is not a sound safetensors file.
public struct SafetensorsError: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public var remedy: String { "give a file that 'elbo' or the safetensors library wrote" }
}

extension Safetensors {
  /// The longest header that is accepted, as in the reference implementation.
  static let headerLimit = 100_000_000

  /// Reads a file. Nothing in the header is believed before it is checked against the file.
  ///
  /// - Throws: `FileError` when it cannot be read, `SafetensorsError` when it is not sound.
  public init(contentsOf url: URL) throws {
    let data: Data
    do {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw FileError(cannot: "be read", url, code: ENOENT)
      }
      guard !isFolder.boolValue else { throw FileError(cannot: "be read", url, code: EISDIR) }
      data = try Data(contentsOf: url, options: .mappedIfSafe)
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(cannot: "be read", url)
    }
    try self.init(data, name: url.path)
  }

  /// Reads a file's bytes; `name` is for the errors.
  package init(_ data: Data, name: String) throws(SafetensorsError) {
    func unsound(_ problem: String) -> SafetensorsError {
      SafetensorsError(problem: "not a sound safetensors file: " + problem, location: name)
    }
    guard data.count >= 8 else { throw unsound("it has \(data.count) bytes") }
    let length = data.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(min(Self.headerLimit, data.count - 8)) else {
      throw unsound("the header claims \(length) bytes, the file has \(data.count)")
    }
    let start = data.startIndex + 8 + Int(length)
    let header = data[data.startIndex + 8..<start]
    let body = data[start...]
    guard header.first == UInt8(ascii: "{"),
      let entries = (try? JSONSerialization.jsonObject(with: header)) as? [String: Any]
    else { throw unsound("the header is not a JSON object") }

    self.init(tensors: [:])
    var ranges: [(range: Range<Int>, name: String)] = []
    for (key, value) in entries {
      if key == "__metadata__" {
        guard let texts = value as? [String: String] else { throw unsound("the metadata are not texts") }
        metadata = texts
        continue
      }
      guard let entry = Entry(value) else { throw unsound("the entry '\(key)' is malformed") }
      guard let count = entry.byteCount, entry.range.count == count, entry.range.upperBound <= body.count
      else {
        throw unsound(
          "'\(key)' of shape \(entry.shape) does not fit its bytes \(entry.range) of \(body.count)")
      }
      ranges.append((entry.range, key))
      let bytes = body[body.startIndex + entry.range.lowerBound..<body.startIndex + entry.range.upperBound]
      tensors[key] = bytes.withUnsafeBytes { Tensor(bytes: $0, shape: entry.shape, type: entry.type) }
    }
    // Without holes or overlaps, no byte is unaccounted for and none means two things.
    ranges.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = 0
    for (range, key) in ranges {
      guard range.lowerBound == end else { throw unsound("the bytes of '\(key)' leave a hole or overlap") }
      end = range.upperBound
    }
    guard end == body.count else { throw unsound("\(body.count - end) bytes belong to no tensor") }
  }

  /// One tensor's line of the header.
  private struct Entry {
    let type: ElementType
    let shape: Shape
    let range: Range<Int>

    init?(_ value: Any) {
      guard let fields = value as? [String: Any], let typeName = fields["dtype"] as? String,
        let type = typeNames.first(where: { $0.value == typeName })?.key,
        let shape = fields["shape"] as? [Int], shape.count <= 16, shape.allSatisfy({ $0 >= 0 }),
        let offsets = fields["data_offsets"] as? [Int], offsets.count == 2, offsets[0] >= 0,
        offsets[1] >= offsets[0]
      else { return nil }
      self.type = type
      self.shape = shape
      range = offsets[0]..<offsets[1]
    }

    /// The bytes that the shape takes, unless no memory could hold them.
    var byteCount: Int? {
      var total = type.byteCount
      for length in shape {
        let (product, overflow) = total.multipliedReportingOverflow(by: length)
        if overflow { return nil }
        total = product
      }
      return total
    }
  }
}
