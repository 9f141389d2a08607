import Foundation

/// The pictures of a folder, PNG and JPEG, decoded when they are read. A folder within it is a class of the
/// pictures in it.
///
/// Pictures stay in memory as bytes once they are decoded, where all of them fit a budget.
public final class ImageTable: ExampleTable {
  /// 1 for grey, 3 where any picture has colours.
  public let channels: Int
  /// Rows of an image.
  public let imageHeight: Int
  /// Columns of an image.
  public let imageWidth: Int
  /// The class of each picture, where there are classes.
  public let labels: [Int]?
  /// The names of the folders within the folder.
  public let classNames: [String]
  /// How many examples there are.
  public let count: Int
  /// How many numbers an example has.
  public let width: Int
  /// How many threads are worth having at once.
  public let parallelReaders: Int

  private let files: [String]
  private let size: Int
  private let range: PixelRange
  private let cache: PixelCache?

  /// The pictures of the folder at `path`, in order of their names, or the one picture there.
  ///
  /// Parameter size: the height and width that pictures are brought to, by cutting out the square in the
  /// middle and averaging; 0 leaves them as they are, and demands that all have one size.
  /// Parameter channels: 1 or 3 where it has to be that; else 3 if any picture has colours.
  /// Parameter budget: the most bytes of decoded pictures to keep.
  ///
  /// Throws: `DataError` where there are no pictures, sizes differ, or a file is none.
  public init(
    path: String, size: Int, channels wanted: Int? = nil, range: PixelRange, budget: Int
  ) throws(DataError) {
    let (root, names) = try Self.names(path)
    files = names.map { root + $0 }
    let folders =
      root.isEmpty ? [nil] : names.map { $0.contains("/") ? String($0.prefix { $0 != "/" }) : nil }
    if let loose = folders.firstIndex(of: nil), folders.contains(where: { $0 != nil }) {
      throw DataError(
        .mismatch, at: files[loose], "lies beside folders of pictures, which are classes",
        remedy: "put it into one of them")
    }
    let classes = Set(folders.compactMap { $0 }).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    classNames = classes
    labels = classes.isEmpty ? nil : folders.map { numbers[$0!]! }
    count = files.count

    var shared = try DecodedImage.header(ofFile: files[0])
    var coloured = files[0]
    for file in files.dropFirst() {
      let header = try DecodedImage.header(ofFile: file)
      guard size > 0 || (header.width, header.height) == (shared.width, shared.height) else {
        throw DataError(
          .mismatch, at: file,
          "is \(header.width)x\(header.height) pixels, \(files[0]) is \(shared.width)x\(shared.height)",
          remedy: "set data.size to bring all to one size")
      }
      if header.channels > shared.channels {
        shared.channels = header.channels
        coloured = file
      }
    }
    if let wanted, shared.channels > wanted {
      throw DataError(
        .mismatch, at: coloured, "has colours, where pictures are to be grey", remedy: "convert it to grey")
    }
    shared.channels = wanted ?? shared.channels
    self.size = size
    self.range = range
    channels = shared.channels
    imageHeight = size > 0 ? size : shared.height
    imageWidth = size > 0 ? size : shared.width
    width = channels * imageHeight * imageWidth
    parallelReaders = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
    let (bytes, overflow) = count.multipliedReportingOverflow(by: width)
    cache = !overflow && bytes <= budget ? PixelCache(count: count, width: width) : nil
  }

  /// The paths of the pictures of a folder, in order.
  public static func paths(_ path: String) throws(DataError) -> [String] {
    let (root, names) = try names(path)
    return names.map { root + $0 }
  }

  /// Whether a path is that of a picture.
  public static func isName(_ path: String) -> Bool {
    let small = path.lowercased()
    return [".png", ".jpg", ".jpeg"].contains(where: small.hasSuffix)
  }

  private static func names(_ path: String) throws(DataError) -> (root: String, names: [String]) {
    var root = path
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: root, isDirectory: &isFolder)
    if exists, !isFolder.boolValue, isName(root) { return ("", [root]) }
    guard exists, isFolder.boolValue,
      let all = try? FileManager.default.subpathsOfDirectory(atPath: root)
    else { throw DataError(.missing, at: path, "there is no such file or folder", remedy: "check the path") }
    let names = all.filter { name in
      isName(name) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
    }
    guard !names.isEmpty else {
      throw DataError(
        .missing, at: path, "the folder holds no .png, .jpg or .jpeg file", remedy: "name another folder")
    }
    return (root + "/", names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// Writes examples one after the other, [rows.count, width].
  ///
  /// Throws: `DataError` where a file cannot be read or holds what it should not.
  public func read(_ rows: [Int64], into memory: UnsafeMutablePointer<Float>) throws(DataError) {
    let pixels = UnsafeMutablePointer<UInt8>.allocate(capacity: width)
    defer { pixels.deallocate() }
    for (index, row) in rows.enumerated() {
      if cache?.copy(Int(row), into: pixels) != true {
        try decode(files[Int(row)], into: pixels)
        cache?.keep(pixels, of: Int(row))
      }
      range.scale(pixels, count: width, into: memory + index * width)
    }
  }

  private func decode(_ file: String, into pixels: UnsafeMutablePointer<UInt8>) throws(DataError) {
    let bytes = try MappedFile(path: file)
    let image = try DecodedImage(bytes.bytes, name: file)
    if size > 0, (image.width, image.height) != (size, size) {
      return BoxFilter.resize(image, to: size, channels: channels, into: pixels)
    }
    guard (image.width, image.height) == (imageWidth, imageHeight), image.channels <= channels else {
      throw DataError(
        .mismatch, at: file, "has changed since the folder was read", remedy: "start again")
    }
    let area = imageHeight * imageWidth
    for channel in 0..<channels {
      let source = image.channels == 1 ? 0 : channel
      for place in 0..<area {
        pixels[channel * area + place] = image.pixels[place * image.channels + source]
      }
    }
  }
}

/// Bytes of pictures that were decoded once. Memory is taken by those that are there.
///
/// Safe to share: everything is read and written under the lock.
private final class PixelCache: @unchecked Sendable {
  private let lock = NSLock()
  private let width: Int
  private let pixels: UnsafeMutablePointer<UInt8>
  private var isThere: [Bool]

  init(count: Int, width: Int) {
    self.width = width
    pixels = .allocate(capacity: count * width)
    isThere = [Bool](repeating: false, count: count)
  }

  deinit { pixels.deallocate() }

  /// Whether a picture is there; it is copied then.
  func copy(_ row: Int, into target: UnsafeMutablePointer<UInt8>) -> Bool {
    lock.withLock {
      if isThere[row] { target.update(from: pixels + row * width, count: width) }
      return isThere[row]
    }
  }

  func keep(_ source: UnsafeMutablePointer<UInt8>, of row: Int) {
    lock.withLock {
      (pixels + row * width).update(from: source, count: width)
      isThere[row] = true
    }
  }
}
