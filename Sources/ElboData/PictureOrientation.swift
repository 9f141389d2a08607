/// How a camera was held: how the rows of a file's pixels lie in the picture that people see. JEITA CP-3451 (Exif), tag
/// 0x0112.
struct PictureOrientation {
  /// From 1, as it stands, to 8.
  private let code: Int

  /// What the first IFD of a JPEG file's Exif segment says, or upright where none says anything sound.
  init(jpeg file: UnsafeRawBufferPointer) {
    let found = Self.exif(file).flatMap(Self.tag)
    code = found.map { (1...8).contains($0) ? $0 : 1 } ?? 1
  }

  /// Whether rows become columns.
  var swapsSides: Bool { code > 4 }
  private var mirrorsColumns: Bool { [2, 3, 7, 8].contains(code) }
  private var mirrorsRows: Bool { [3, 4, 6, 7].contains(code) }

  /// The pixels of the upright picture; width and height are those of the file.
  func upright(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    guard code > 1 else { return pixels }
    let (columns, rows) = swapsSides ? (height, width) : (width, height)
    var turned = [UInt8]()
    turned.reserveCapacity(pixels.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let (x, y) = swapsSides ? (row, column) : (column, row)
        let place = (mirrorsRows ? height - 1 - y : y) * width + (mirrorsColumns ? width - 1 - x : x)
        turned += pixels[place * channels..<(place + 1) * channels]
      }
    }
    return turned
  }

  /// The TIFF header of the Exif segment and what follows it.
  private static func exif(_ file: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var place = 2
    // Segments: 0xFF, a marker, and but for a few markers a length that counts itself.
    while place + 4 <= file.count, file[place] == 0xFF {
      let marker = file[place + 1]
      switch marker {
      case 0xFF: place += 1
      case 0x01, 0xD0...0xD7: place += 2
      case 0xD9, 0xDA: return nil
      default:
        let end = place + 2 + Int(file[place + 2]) << 8 + Int(file[place + 3])
        guard end >= place + 4, end <= file.count else { return nil }
        if marker == 0xE1, end >= place + 10, file[place + 4..<place + 10].elementsEqual("Exif\0\0".utf8) {
          return file[place + 10..<end]
        }
        place = end
      }
    }
    return nil
  }

  private static func tag(_ tiff: Slice<UnsafeRawBufferPointer>) -> Int? {
    let isLittle = tiff.starts(with: "II*\0".utf8)
    guard isLittle || tiff.starts(with: "MM\0*".utf8) else { return nil }
    func number(_ offset: Int, _ length: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - length else { return nil }
      let bytes = tiff.dropFirst(offset).prefix(length)
      return (isLittle ? Array(bytes.reversed()) : Array(bytes)).reduce(0) { $0 << 8 | Int($1) }
    }
    guard let start = number(4, 4), let count = number(start, 2) else { return nil }
    for entry in 0..<count {
      let place = start + 2 + 12 * entry
      guard let name = number(place, 2) else { return nil }
      // A SHORT lies in the first two bytes of the value.
      if name == 0x0112 { return number(place + 2, 2) == 3 ? number(place + 8, 2) : nil }
    }
    return nil
  }
}
