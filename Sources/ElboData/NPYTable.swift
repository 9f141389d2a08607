import Foundation

/// The examples of one NPY file or of several, [count, ...] each, mapped into memory: however large they
/// are, only what the system's page cache keeps of them and the batches in flight take memory.
///
/// Bytes (u1) are scaled as pixels are; numbers of other types are taken as they are.
public final class NPYTable: ExampleTable {
  /// One file's array.
  private struct Shard: Sendable {
    let bytes: SharedBytes
    let header: NPYHeader
    /// The number of its first example.
    let first: Int
    var count: Int { header.shape[0] }
  }

  /// The lengths of an example's dimensions.
  public let exampleShape: [Int]
  /// How many examples there are.
  public let count: Int
  /// How many numbers an example has.
  public let width: Int
  /// The interval that values are known to lie in; nil where that takes a look at every one of them.
  public let knownBounds: ClosedRange<Double>?

  private let shards: [Shard]
  private let element: NPYHeader.Element
  private let range: PixelRange
  /// Whether examples are looked at when they are read, since not all were before.
  private let checksReads: Bool

  /// The examples of a file, of an array in an NPZ file, or of the `*.npy` files of a folder in order of
  /// their names.
  ///
  /// Parameter array: the array's name in an NPZ file; empty where it holds one only.
  /// Parameter checkingUpTo: sets of at most so many bytes are read once and refused where a value is not
  /// finite; of a larger one each batch is looked at when it is read.
  ///
  /// Throws: `DataError` for files that are missing or unsound or do not go together.
  public init(path: String, array: String = "", range: PixelRange = .unit, checkingUpTo limit: Int = .max)
    throws(DataError)
  {
    var shards: [Shard] = []
    var total = 0
    for bytes in try Self.files(path, array: array) {
      let header = try NPYHeader(bytes.raw, name: bytes.name)
      guard header.shape.count >= 2, header.shape.allSatisfy({ $0 > 0 }) else {
        throw DataError(
          .mismatch, at: bytes.name, "an array of shape \(header.shape) holds no examples",
          remedy: "give an array [count, features]")
      }
      if let first = shards.first,
        first.header.element != header.element || first.header.shape.dropFirst() != header.shape.dropFirst()
      {
        throw DataError(
          .mismatch, at: bytes.name,
          "examples are \(Self.describe(header)), "
            + "those of \(first.bytes.name) are \(Self.describe(first.header))",
          remedy: "give files of one type and shape")
      }
      shards.append(Shard(bytes: bytes, header: header, first: total))
      total += header.shape[0]
    }
    self.shards = shards
    self.range = range
    let header = shards[0].header
    element = header.element
    exampleShape = Array(header.shape.dropFirst())
    width = exampleShape.reduce(1, *)
    count = total
    let isWhole = element == .byte || element == .boolean
    let isSmall = total * width * element.size <= limit
    checksReads = !isWhole && !isSmall
    if isWhole {
      knownBounds = element == .byte ? range.bounds : 0...1
    } else if isSmall {
      var bounds: ClosedRange<Double>?
      for shard in shards { bounds = try Self.bounds(of: shard, width: width, joining: bounds) }
      knownBounds = bounds
    } else {
      knownBounds = nil
    }
    for shard in shards { shard.bytes.expect(sequentialReads: false) }
  }

  /// The files that make the set, in order.
  ///
  /// Throws: `missing` where there is nothing, or a folder holds no `.npy` file.
  public static func paths(_ path: String) throws(DataError) -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw DataError(.missing, at: path, "cannot be read", remedy: "check the path")
    }
    guard isFolder.boolValue else { return [path] }
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .filter { $0.lowercased().hasSuffix(".npy") && !$0.hasPrefix(".") }.sorted()
    guard !names.isEmpty else {
      throw DataError(
        .missing, at: path, "the folder holds no .npy file", remedy: "name the file, or another folder")
    }
    return names.map { path + "/" + $0 }
  }

  private static func files(_ path: String, array: String) throws(DataError) -> [SharedBytes] {
    var files: [SharedBytes] = []
    for file in try paths(path) {
      files.append(
        NPZ.isName(file) ? try NPZ.bytes(of: file, array: array) : try SharedBytes(mapping: file))
    }
    return files
  }

  private static func describe(_ header: NPYHeader) -> String {
    "\(header.element.rawValue) of shape \(Array(header.shape.dropFirst()))"
  }

  /// Writes examples one after the other, [rows.count, width].
  ///
  /// Throws: `DataError` where a file cannot be read or holds what it should not.
  public func read(_ rows: [Int64], into memory: UnsafeMutablePointer<Float>) throws(DataError) {
    let size = width * element.size
    // All reads of the disk are under way before the first is waited for.
    if rows.count > 1 {
      for row in rows {
        let (shard, start) = place(of: row)
        shard.bytes.prefetch(start..<start + size)
      }
    }
    for (index, row) in rows.enumerated() {
      let (shard, start) = place(of: row)
      let (raw, target) = (shard.bytes.raw.baseAddress! + start, memory + index * width)
      if element == .byte {
        range.scale(raw.assumingMemoryBound(to: UInt8.self), count: width, into: target)
      } else {
        element.convert(raw, count: width, into: target)
      }
      if checksReads, FloatBounds(target, count: width).isUnsound {
        throw Self.unsound(target, count: width, example: Int(row) - shard.first, of: shard)
      }
    }
  }

  /// The file that holds an example, and where in it.
  private func place(of row: Int64) -> (shard: Shard, start: Int) {
    precondition((0..<count).contains(Int(row)), "example \(row) of \(count)")
    var (low, high) = (0, shards.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if shards[middle].first <= Int(row) { low = middle } else { high = middle - 1 }
    }
    let shard = shards[low]
    return (shard, shard.header.offset + (Int(row) - shard.first) * width * element.size)
  }

  /// The interval of a file's numbers, all of which are read.
  private static func bounds(
    of shard: Shard, width: Int, joining others: ClosedRange<Double>?
  ) throws(DataError) -> ClosedRange<Double> {
    shard.bytes.expect(sequentialReads: true)
    var bounds = others.map { FloatBounds($0) } ?? FloatBounds()
    let row = UnsafeMutablePointer<Float>.allocate(capacity: width)
    defer { row.deallocate() }
    let (start, element) = (shard.bytes.raw.baseAddress! + shard.header.offset, shard.header.element)
    for example in 0..<shard.count {
      element.convert(start + example * width * element.size, count: width, into: row)
      let own = FloatBounds(row, count: width)
      if own.isUnsound { throw unsound(row, count: width, example: example, of: shard) }
      bounds.join(own)
    }
    return Double(bounds.low)...Double(bounds.high)
  }

  private static func unsound(
    _ values: UnsafeMutablePointer<Float>, count: Int, example: Int, of shard: Shard
  ) -> DataError {
    let place = (0..<count).first { !values[$0].isFinite } ?? 0
    return DataError(
      .malformed, at: shard.bytes.name, "value \(place) of example \(example) is \(values[place])",
      remedy: "remove such examples")
  }
}
