import ElboFigures
import Foundation
import Testing

@Suite struct BitmapTests {
  @Test(arguments: [(1, 1, 1), (1, 1, 3), (7, 3, 1), (3, 7, 3), (301, 203, 3)])
  func filesReadBackAsTheyWereWritten(width: Int, height: Int, channels: Int) throws {
    let pixels = (0..<(width * height * channels)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let bitmap = try Bitmap(width: width, height: height, channels: channels, pixels: pixels)
    let scratch = try Scratch()
    try bitmap.write(to: scratch.file("a.png"))
    #expect(try Bitmap(contentsOf: scratch.file("a.png")) == bitmap)
    #expect(try scratch.names == ["a.png"])
  }

  @Test func bytesMustFillTheSize() {
    #expect(throws: FigureError.self) { try Bitmap(width: 2, height: 2, channels: 1, pixels: [0]) }
    #expect(throws: FigureError.self) { try Bitmap(width: 1, height: 1, channels: 2, pixels: [0, 0]) }
    #expect(throws: FigureError.self) { try Bitmap(width: 0, height: 0, channels: 1, pixels: []) }
    #expect(throws: FigureError.self) { try Bitmap(width: .max, height: 2, channels: 3, pixels: []) }
    #expect(throws: FigureError.self) { try Bitmap(width: -1, height: -1, channels: 1, pixels: [0]) }
  }

  @Test func filesThatAreNoPicturesAreTold() throws {
    let whole = try Bitmap(
      width: 64, height: 64, channels: 1, pixels: (0..<4096).map { UInt8(truncatingIfNeeded: $0 * $0) }
    ).pngData()
    var huge = whole
    // Width and height of 999,999 pixels each, with the checksum that belongs to them left wrong.
    huge.replaceSubrange(16..<24, with: [0, 0x0F, 0x42, 0x3F, 0, 0x0F, 0x42, 0x3F])
    for file in [Data(), Data("hello".utf8), whole.prefix(whole.count / 2), huge] {
      let error = try #require(throws: FigureError.self) { try Bitmap(png: file, name: "a.png") }
      #expect(error.location == "a.png")
    }
    #expect(throws: FigureError.self) { try Bitmap(contentsOf: "/nonexistent.png") }
    #expect(throws: FigureError.self) { try Bitmap(contentsOf: "/tmp") }
  }

  @Test(arguments: ["/sys/a.png", "/nonexistent/a.png", "/etc/hostname/a.png", "/tmp"])
  func pathsThatCannotBeWrittenAreTold(path: String) throws {
    let bitmap = try Bitmap(width: 1, height: 1, channels: 1, pixels: [0])
    let error = try #require(throws: FigureError.self) { try bitmap.write(to: path) }
    #expect(error.location == path)
  }

  /// A staged file that is never committed leaves the old one and nothing else.
  @Test func unfinishedFilesLeaveNoTrace() throws {
    let scratch = try Scratch()
    try "old".write(toFile: scratch.file("a"), atomically: true, encoding: .utf8)
    do {
      let file = try StagedFile(for: scratch.file("a"))
      try file.write(Data("new".utf8))
      #expect(try scratch.names.count == 2)
    }
    #expect(try scratch.names == ["a"])
    #expect(try String(contentsOfFile: scratch.file("a"), encoding: .utf8) == "old")
    try StagedFile.write(Data("new".utf8), to: scratch.file("a"))
    #expect(try String(contentsOfFile: scratch.file("a"), encoding: .utf8) == "new")
  }
}
