/// A square of pixels on which a round pen draws straight pieces.
///
/// A pixel's brightness is how far its centre lies inside the pen's track, from 0 at half a pixel outside the
/// edge to 255 at half a pixel inside: an edge without steps.
struct StrokeCanvas {
  private let size: Int
  private var brightness: [Float]

  init(size: Int) {
    self.size = size
    brightness = [Float](repeating: 0, count: size * size)
  }

  /// Draws from one point to another, in pixels, with a pen of `radius` pixels.
  mutating func drawSegment(from start: PlanePoint, to end: PlanePoint, radius: Double) {
    let reach = radius + 0.5
    let columns = pixels(from: min(start.x, end.x) - reach, to: max(start.x, end.x) + reach)
    let rows = pixels(from: min(start.y, end.y) - reach, to: max(start.y, end.y) + reach)
    if columns.isEmpty || rows.isEmpty { return }
    let (dx, dy) = (Float(end.x - start.x), Float(end.y - start.y))
    let squaredLength = dx * dx + dy * dy
    let scale = squaredLength > 0 ? 1 / squaredLength : 0
    let squaredReach = Float(reach * reach)
    for row in rows {
      let y = Float(row) + 0.5 - Float(start.y)
      for column in columns {
        let x = Float(column) + 0.5 - Float(start.x)
        // The nearest point of the piece, as a fraction of its length.
        let t = min(max((x * dx + y * dy) * scale, 0), 1)
        let (offX, offY) = (x - t * dx, y - t * dy)
        let squaredDistance = offX * offX + offY * offY
        if squaredDistance >= squaredReach { continue }
        let value = min(Float(reach) - squaredDistance.squareRoot(), 1)
        let index = row * size + column
        if value > brightness[index] { brightness[index] = value }
      }
    }
  }

  /// Writes the picture as bytes from `offset` on, and clears the canvas.
  mutating func store(in pixels: inout [UInt8], at offset: Int) {
    for index in 0..<size * size {
      pixels[offset + index] = UInt8(brightness[index] * 255 + 0.5)
      brightness[index] = 0
    }
  }

  /// The pixels between two coordinates that are on the canvas.
  private func pixels(from low: Double, to high: Double) -> Range<Int> {
    let first = max(Int(low.rounded(.down)), 0)
    return first..<max(first, min(Int(high.rounded(.up)), size))
  }
}
