import ElboFigures
import Foundation
import Testing

@Suite struct ImageGridTests {
  private static let small = ImageGrid(
    values: [0, 1, 0.5, 0.2, -3, 7, 0.4, 1], count: 2, height: 2, width: 2, columns: 2, gap: 1, scale: 3)

  /// Every pixel of a written and decoded grid follows from the values.
  @Test(arguments: [false, true])
  func pixelsAreTheValues(isInverted: Bool) throws {
    let scratch = try Scratch()
    var grid = Self.small
    grid.isInverted = isInverted
    try grid.write(to: scratch.file("a.png"))
    let bitmap = try Bitmap(contentsOf: scratch.file("a.png"))
    #expect(bitmap.width == 2 * 7 + 1)
    #expect(bitmap.height == 7 + 1)
    #expect(bitmap.channels == 1)
    for y in 0..<bitmap.height {
      for x in 0..<bitmap.width {
        let level = bitmap[x, y].first
        let (column, row) = ((x - 1) % 7, y - 1)
        guard x > 0, row >= 0, column < 6, row < 6 else {
          #expect(level == (isInverted ? 216 : 255))
          continue
        }
        let value = min(max(grid.values[(x - 1) / 7 * 4 + row / 3 * 2 + column / 3], 0), 1)
        #expect(level == UInt8(((isInverted ? 1 - value : value) * 255).rounded()))
      }
    }
  }

  @Test func otherRangesAndColoursAreShown() throws {
    let values: [Float] = [-1, 1, 0, 0, 1, -1]
    let grid = ImageGrid(
      values: values, count: 1, channels: 3, height: 1, width: 2, columns: 1, range: -1...1, gap: 0, scale: 1)
    #expect(try grid.rendered().pixels == [0, 128, 255, 255, 128, 0])
  }

  @Test func missingValuesAreMagentaAndInfiniteOnesClamped() throws {
    let values: [Float] = [.nan, .infinity, -.infinity, 0.2]
    let grid = ImageGrid(values: values, count: 1, height: 2, width: 2, columns: 1, gap: 0, scale: 1)
    #expect(try grid.rendered().pixels == [255, 0, 255, 255, 255, 255, 0, 0, 0, 51, 51, 51])
  }

  @Test func theLastRowMayBeShorter() throws {
    let grid = ImageGrid(
      values: [0, 0, 0], count: 3, height: 1, width: 1, columns: 2, gap: 0, scale: 1)
    #expect(try grid.rendered().pixels == [0, 0, 0, 255])
  }

  @Test(arguments: [(28, 28), (8, 8), (64, 64), (1, 4), (300, 300)])
  func tinyImagesAreEnlarged(height: Int, width: Int) throws {
    let values = [Float](repeating: 0.5, count: 4 * height * width)
    let bitmap = try ImageGrid(values: values, count: 4, height: height, width: width, columns: 4).rendered()
    #expect((400...1900).contains(bitmap.width))
  }

  @Test(arguments: [
    ImageGrid(values: [1, 2], count: 1, height: 1, width: 1, columns: 1),
    ImageGrid(values: [], count: 0, height: 1, width: 1, columns: 1),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: 0),
    ImageGrid(values: [1], count: 1, height: -1, width: -1, columns: 1),
    ImageGrid(values: [1, 1], count: 1, channels: 2, height: 1, width: 1, columns: 1),
    ImageGrid(values: [1], count: .max, channels: 3, height: .max, width: 2, columns: 1),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: 1, range: 0...0),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: 1, gap: -1),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: 1, scale: 0),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: 1, scale: 1_000_000),
    ImageGrid(values: [1], count: 1, height: 1, width: 1, columns: .max),
  ])
  func sizesThatDoNotFitAreTold(grid: ImageGrid) throws {
    #expect(throws: FigureError.self) { try grid.rendered() }
  }

  /// The images stand in the page unchanged, the names of rows at their left.
  @Test func captionsStandBesideTheImages() throws {
    let values = (0..<(6 * 16)).map { Float($0) / 96 }
    let grid = ImageGrid(values: values, count: 6, height: 4, width: 4, columns: 3, isInverted: true)
    let scratch = try Scratch()
    let captioned = CaptionedGrid(
      grid, title: "It's `id` <b>", rowLabels: ["input", "mean"], columnLabels: ["1", "2", "3"], xLabel: "z₁",
      yLabel: "z₂")
    try captioned.write(to: scratch.file("a.png"), using: Gnuplot())
    #expect(try scratch.names == ["a.png"])
    let page = try Bitmap(contentsOf: scratch.file("a.png"))
    let images = try grid.rendered()
    let left = try #require((0..<page.width).first { page[$0, page.height / 2].first == 216 })
    let top = try #require((0..<page.height).first { page[left, $0].first == 216 })
    for y in 0..<images.height {
      for x in 0..<images.width {
        #expect(page[left + x, top + y].first == images[x, y].first)
      }
    }
    func hasInk(_ columns: Range<Int>, _ rows: Range<Int>) -> Bool {
      rows.contains { y in columns.contains { page[$0, y].first ?? 255 < 100 } }
    }
    #expect(hasInk(48..<left, top..<(top + images.height / 2)))
    #expect(hasInk(48..<left, (top + images.height / 2)..<(top + images.height)))
    #expect(hasInk(left..<page.width, 0..<top))
    #expect(hasInk(left..<page.width, (top + images.height)..<page.height))
  }

  @Test func moreNamesThanRowsAreTold() throws {
    let captioned = CaptionedGrid(Self.small, rowLabels: ["a", "b"])
    #expect(throws: FigureError.self) { try captioned.rendered(using: Gnuplot()) }
  }
}
