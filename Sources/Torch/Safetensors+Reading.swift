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
    try self.init(Self.bytes(of: url), name: url.path)
  }

  /// A regular file's bytes, which stay in the file until they are asked for.
  package static func bytes(of url: URL) throws -> Data {
    var status = stat()
    guard stat(url.path, &status) == 0 else { throw FileError(cannot: "be read", url) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw FileError(cannot: "be read", url, code: EISDIR)
    default: throw FileError(url, problem: "cannot be read: not a regular file")
    }
    do {
      return try Data(contentsOf: url, options: .mappedIfSafe)
    } catch {
      // What the system said is inside; `errno` may be another call's by now.
      let reason = (error as? CocoaError)?.underlying as? POSIXError
      throw FileError(cannot: "be read", url, code: reason?.code.rawValue ?? EIO)
    }
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
    // A zero byte is never part of JSON, but makes the decoder guess at UTF-16.
    guard header.first == UInt8(ascii: "{"), !header.contains(0),
      let contents = try? JSONDecoder().decode(Header.self, from: header)
    else { throw unsound("the header is not a JSON object") }
    if let name = contents.malformed { throw unsound("the entry '\(name)' is malformed") }

    self.init(tensors: [:], metadata: contents.metadata)
    var ranges: [(range: Range<Int>, name: String)] = []
    for (key, entry) in contents.entries {
      guard let count = entry.byteCount, entry.range.count == count, entry.range.upperBound <= body.count
      else {
        throw unsound(
          "'\(key)' of shape \(entry.shape) does not fit its bytes \(entry.range) of \(body.count)")
      }
      ranges.append((entry.range, key))
      let bytes = body[body.startIndex + entry.range.lowerBound..<body.startIndex + entry.range.upperBound]
      if entry.type == .bool, bytes.contains(where: { $0 > 1 }) {
        throw unsound("'\(key)' has truth values that are neither 0 nor 1")
      }
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

  /// The JSON at the head of the file.
  private struct Header: Decodable {
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    /// An entry that is not what the format asks for.
    var malformed: String?

    struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if key.stringValue == Safetensors.metadataName {
          if let texts = try? container.decode([String: String].self, forKey: key) {
            metadata = texts
            continue
          }
        } else if let entry = try? container.decode(Entry.self, forKey: key) {
          entries[key.stringValue] = entry
          continue
        }
        malformed = key.stringValue
      }
    }
  }

  /// One tensor's line of the header.
  private struct Entry: Decodable {
    let type: ElementType
    let shape: Shape
    let range: Range<Int>

    enum CodingKeys: String, CodingKey {
      case type = "dtype"
      case shape
      case range = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      func malformed(_ key: CodingKeys) -> DecodingError {
        .dataCorruptedError(forKey: key, in: container, debugDescription: "out of range")
      }
      let typeName = try container.decode(String.self, forKey: .type)
      guard let type = typeNames.first(where: { $0.value == typeName })?.key else { throw malformed(.type) }
      self.type = type
      shape = try container.decode([Int].self, forKey: .shape)
      guard shape.count <= 16, shape.allSatisfy({ $0 >= 0 }) else { throw malformed(.shape) }
      let offsets = try container.decode([Int].self, forKey: .range)
      guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0] else { throw malformed(.range) }
      range = offsets[0]..<offsets[1]
    }

    /// The bytes that the shape takes, unless no memory could hold them.
    var byteCount: Int? {
      // The strides of an empty tensor are computed as if no length were 0, and must not overflow either.
      var total = type.byteCount
      for length in shape {
        let (product, overflow) = total.multipliedReportingOverflow(by: max(length, 1))
        if overflow { return nil }
        total = product
      }
      return shape.contains(0) ? 0 : total
    }
  }
}
