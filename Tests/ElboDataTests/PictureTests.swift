import ElboData
import Foundation
import Testing

/// Folders of pictures.
struct PictureTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func table(_ size: Int = 0, range: PixelRange = .unit, budget: Int = 1 << 20) throws -> ImageTable {
    try ImageTable(path: folder.file("set"), size: size, range: range, budget: budget)
  }

  private func failure(_ body: () throws -> some Any) throws -> DataError {
    try #require(throws: DataError.self) { _ = try body() }
  }

  @Test func foldersAreClasses() throws {
    for (name, value) in [("b/2.png", 51), ("a/1.png", 102), ("b/10.PNG", 153), ("a/deep/0.png", 204)] {
      try folder.write(
        png(width: 2, height: 1, channels: 1, [UInt8(value), 255]), to: "set/\(name)")
    }
    try folder.write([1], to: "set/notes.txt")
    try folder.write([1], to: "set/.hidden/x.png")
    let table = try table()
    #expect(table.count == 4 && table.channels == 1 && table.imageHeight == 1 && table.imageWidth == 2)
    #expect(table.classNames == ["a", "b"] && table.labels == [0, 0, 1, 1])
    let values = try table.values([0, 1, 2, 3]).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    #expect(values == [102, 204, 153, 51].map { Float($0) * Float(1.0 / 255) })
    // Kept or decoded again, they are the same.
    #expect(try table.values([3, 0]) == self.table(budget: 0).values([3, 0]))
  }

  @Test func coloursAreChannels() throws {
    try folder.write(png(width: 2, height: 1, channels: 3, [255, 0, 51, 0, 255, 102]), to: "set/a.png")
    try folder.write(png(width: 2, height: 1, channels: 1, [51, 255]), to: "set/b.png")
    let table = try table(range: .symmetric)
    #expect(table.channels == 3 && table.width == 6 && table.labels == nil)
    let fifth = Float(51) * Float(1.0 / 255) * 2 - 1
    #expect(try table.example(0) == [1, -1, -1, 1, fifth, Float(102) * Float(1.0 / 255) * 2 - 1])
    #expect(try table.example(1) == [fifth, 1, fifth, 1, fifth, 1])
  }

  /// JPEG at its best quality is off by a few of 255 where colours do not change.
  @Test func jpegFilesAreRead() throws {
    let grey = [UInt8](repeating: 90, count: 16 * 16)
    let colour = (0..<256).flatMap { _ in [200, 100, 50] as [UInt8] }
    try folder.write(jpeg(width: 16, height: 16, channels: 1, grey), to: "set/a.jpg")
    try folder.write(jpeg(width: 16, height: 16, channels: 3, colour), to: "set/b.jpeg")
    // Light times black: 200, 100 and 50 of 255 where black is 204 of 255.
    let inks = (0..<256).flatMap { _ in [250, 125, 63, 204] as [UInt8] }
    try folder.write(jpeg(width: 16, height: 16, channels: 4, inks), to: "set/c.jpg")
    let table = try table()
    #expect(table.channels == 3 && table.imageHeight == 16)
    let planes = [(0, 0, 90), (1, 0, 200), (1, 1, 100), (1, 2, 50), (2, 0, 200), (2, 1, 100), (2, 2, 50)]
    for (row, channel, expected) in planes {
      let plane = try table.example(row)[(channel * 256)...].prefix(256)
      #expect(plane.allSatisfy { abs($0 * 255 - Float(expected)) <= 3 }, "\(plane.first!)")
    }
  }

  /// Dark above, and on its left half light below: each orientation's file, once upright, looks alike.
  @Test(arguments: 1...8, [true, false]) func picturesStandUprightAsTheCameraWasHeld(
    _ code: Int, isLittleEndian: Bool
  ) throws {
    let (width, height) = (32, 16)
    func light(_ x: Int, _ y: Int) -> UInt8 { y < height / 2 ? 20 : x < width / 2 ? 220 : 120 }
    // The file's pixel at a place, by where Exif says that its first row and first column are.
    let (columns, rows) = code > 4 ? (height, width) : (width, height)
    let pixels = (0..<rows * columns).map { place in
      let (row, column) = (place / columns, place % columns)
      return switch code {
      case 2: light(width - 1 - column, row)
      case 3: light(width - 1 - column, height - 1 - row)
      case 4: light(column, height - 1 - row)
      case 5: light(row, column)
      case 6: light(width - 1 - row, column)
      case 7: light(width - 1 - row, height - 1 - column)
      case 8: light(row, height - 1 - column)
      default: light(column, row)
      }
    }
    func number(_ value: Int, _ length: Int) -> [UInt8] {
      let bytes = (0..<length).map { UInt8(value >> (8 * $0) & 255) }
      return isLittleEndian ? bytes : bytes.reversed()
    }
    let header = [(42, 2), (8, 4), (1, 2), (0x0112, 2), (3, 2), (1, 4), (code, 2), (0, 2), (0, 4)]
    let tiff = Array((isLittleEndian ? "II" : "MM").utf8) + header.flatMap { number($0.0, $0.1) }
    let segment = Array("Exif\0\0".utf8) + tiff
    let file = jpeg(width: columns, height: rows, channels: 1, pixels)
    func put(_ segment: [UInt8]) throws {
      let length = [0xFF, 0xE1, 0, UInt8(segment.count + 2)]
      try folder.write(Array(file[..<2]) + length + segment + Array(file[2...]), to: "set/a.jpg")
    }
    try put(segment)
    let table = try table()
    #expect(table.imageWidth == width && table.imageHeight == height)
    let found = try table.example(0).map { $0 * 255 }
    let errors = found.indices.map { abs(found[$0] - Float(light($0 % width, $0 / width))) }
    #expect(errors.max()! <= 3)

    // A segment that is cut off or lies says nothing.
    for bytes in [Array(segment.dropLast(15)), Array("Exif\0\0".utf8) + number(0, 30)] {
      try put(bytes)
      #expect(try self.table().imageWidth == columns)
    }
  }

  /// The square in the middle, each new pixel the mean of what it covers.
  @Test func sizesAreAveraged() throws {
    // 4 rows, 6 columns: the middle is columns 1 to 4.
    let pixels = (0..<24).map { UInt8($0 * 10) }
    try folder.write(png(width: 6, height: 4, channels: 1, pixels), to: "set/a.png")
    try folder.write(png(width: 1, height: 1, channels: 1, [77]), to: "set/b.png")
    let two = try table(2).values([0]).map { ($0 * 255).rounded() }
    // (10 + 20 + 70 + 80) / 4 and so on.
    #expect(two == [45, 65, 165, 185])
    #expect(try table(3).values([1]).allSatisfy { ($0 * 255).rounded() == 77 })
    // A pixel of 3 covers 4/3: with weights 1 and 1/3, 2/3 and 2/3, 1/3 and 1 of 3/4 each.
    let three = try table(3).values([0]).map { ($0 * 255).rounded() }
    func mean(_ first: Int) -> Double {
      let weights: [[Double]] = [[3, 1, 0, 0], [0, 2, 2, 0], [0, 0, 1, 3]]
      var sum: Double = 0
      for row in 0..<4 {
        for column in 0..<4 {
          let weight: Double = weights[first / 3][row] * weights[first % 3][column] / 16
          sum += weight * Double(pixels[row * 6 + column + 1])
        }
      }
      return sum
    }
    for place in 0..<9 { #expect(abs(Double(three[place]) - mean(place)) <= 0.51) }
  }

  @Test func foldersThatDoNotServe() throws {
    #expect(try failure { try self.table() }.problem == "there is no such file or folder")
    try folder.write([1], to: "set/notes.txt")
    #expect(try failure { try self.table() }.problem == "the folder holds no .png, .jpg or .jpeg file")
    let sound = png(width: 9, height: 9, channels: 1, (0..<81).map { UInt8($0 * 3) })
    for index in 0..<5 { try folder.write(sound, to: "set/\(index).png") }
    // Damage in the pixels shows when they are decoded, for the one that has it.
    try folder.write(Array(sound.dropLast(20)), to: "set/3.png")
    let table = try table()
    #expect(try table.values([0, 1, 2, 4]).count == 4 * 81)
    let error = try failure { try table.values([2, 3]) }
    #expect(error.location.hasSuffix("set/3.png") && error.kind == .corrupt, "\(error)")
    // Damage in the first bytes shows at once.
    try folder.write(Array("hello".utf8), to: "set/3.png")
    #expect(try failure { try self.table() }.problem == "is neither a PNG nor a JPEG file")
    try folder.write(png(width: 8, height: 9, channels: 1, [UInt8](repeating: 0, count: 72)), to: "set/3.png")
    let sizes = try failure { try self.table() }
    #expect(sizes.problem.hasPrefix("is 8x9 pixels") && sizes.remedy.contains("data.size"))
    #expect(try self.table(8).values([0, 3]).count == 128)
    let whole = jpeg(width: 64, height: 64, channels: 1, (0..<4096).map { UInt8($0 * 7 % 256) })
    try folder.write(Array(whole.prefix(whole.count / 2)), to: "set/3.png")
    #expect(try failure { try self.table(8).values([3]) }.problem.contains("JPEG"))
    try folder.write(sound, to: "set/class/5.png")
    #expect(try failure { try self.table(8) }.problem == "lies beside folders of pictures, which are classes")
  }
}
