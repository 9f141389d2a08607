import Foundation

/// Tensors by name, with free-form metadata, in the safetensors format.
///
/// A file is a length (8 bytes, little endian), a JSON header of that length that gives every tensor's type,
/// shape and place, and the tensors' bytes. https://github.com/huggingface/safetensors
public struct Safetensors {
  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// Texts by name.
  public var metadata: [String: String]

  /// Contents to write.
  public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  static let typeNames: [ElementType: String] = [
    .float32: "F32", .float64: "F64", .bfloat16: "BF16", .float16: "F16", .int64: "I64", .int32: "I32",
    .uint8: "U8", .bool: "BOOL",
  ]

  /// The header's name for the metadata, which no tensor can have.
  static let metadataName = "__metadata__"

  /// Writes the file, complete or not at all.
  ///
  /// - Throws: `FileError` with the system's reason.
  public func write(to url: URL) throws(FileError) {
    try AtomicFile.write(try data(for: url), to: url)
  }

  /// The file's bytes, which nothing that is done to the tensors later changes; `url` is for the errors.
  package func data(for url: URL) throws(FileError) -> Data {
    guard tensors[Self.metadataName] == nil else {
      throw FileError(url, problem: "cannot be written: a tensor is named '\(Self.metadataName)'")
    }
    // The larger element types come first, so that every tensor is aligned for readers that map the file.
    let names = tensors.sorted {
      (-$0.value.elementType.byteCount, $0.key) < (-$1.value.elementType.byteCount, $1.key)
    }.map(\.key)
    var header: [String: Any] = metadata.isEmpty ? [:] : [Self.metadataName: metadata]
    var offset = 0
    for name in names {
      let tensor = tensors[name]!
      let end = offset + tensor.count * tensor.elementType.byteCount
      header[name] =
        [
          "dtype": Self.typeNames[tensor.elementType]!, "shape": tensor.shape, "data_offsets": [offset, end],
        ] as [String: Any]
      offset = end
    }
    guard
      var json = try? JSONSerialization.data(
        withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
    else { throw FileError(url, problem: "the names or metadata are not text") }
    json.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8))
    let total = 8 + json.count + offset
    // Swift's own buffers end the process where there is no memory.
    guard let memory = malloc(total) else {
      throw FileError(
        url, problem: "cannot be written: out of memory: its copy needs \(total) bytes",
        remedy: "use a smaller model")
    }
    let bytes = UnsafeMutableRawBufferPointer(start: memory, count: total)
    bytes.storeBytes(of: UInt64(json.count).littleEndian, as: UInt64.self)
    json.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: bytes[8...]).copyMemory(from: $0) }
    var place = 8 + json.count
    for name in names {
      let tensor = tensors[name]!
      let end = place + tensor.count * tensor.elementType.byteCount
      tensor.copyBytes(to: UnsafeMutableRawBufferPointer(rebasing: bytes[place..<end]))
      place = end
    }
    return Data(bytesNoCopy: memory, count: total, deallocator: .free)
  }
}
