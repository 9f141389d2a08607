import Foundation

/// The digits 0 to 9, drawn from pen strokes: a labelled set of any size that needs no file and no network.
///
/// Each digit is one of a few shapes, bent by a smooth wobble, turned, slanted, stretched and moved a little,
/// and drawn with a round pen of varying width in white on black. Image i of a part is a function of (seed,
/// part, i) and the size alone, so a longer set begins with the shorter one.
public struct DrawnDigits: Sendable {
  /// The name in configurations.
  public static let name = "drawn-digits"

  /// Rows and columns of an image.
  public let size: Int
  /// The number that all draws follow from.
  public let seed: UInt64

  private static let stream: UInt64 = 0x64_6967  // "dig"

  /// Digits of `size` x `size` pixels.
  ///
  /// Throws: `outOfRange` for a size below 8, where no digit can be read, or above 1024.
  public init(size: Int = 28, seed: UInt64 = 0) throws(DataError) {
    guard (8...1024).contains(size) else {
      throw DataError(.outOfRange, at: Self.name, "digits of \(size) pixels", remedy: "give 8 to 1024")
    }
    self.size = size
    self.seed = seed
  }

  /// `count` digits with their labels; label i is i modulo 10.
  ///
  /// Throws: `outOfRange` for a count below one or more than 4 GiB of pixels.
  public func images(_ split: Split, count: Int) throws(DataError) -> ImageSet {
    guard count > 0, count <= (1 << 32) / (size * size) else {
      throw DataError(
        .outOfRange, at: Self.name, "\(count) digits of \(size)x\(size) pixels",
        remedy: "give a count from 1 to \((1 << 32) / (size * size))")
    }
    let strokes = DigitStrokes()
    var canvas = StrokeCanvas(size: size)
    var pixels = [UInt8](repeating: 0, count: count * size * size)
    for index in 0..<count {
      var random = SplitMix64(
        seed: seed, stream: Self.stream, split == .train ? 0 : 1, UInt64(index))
      let shapes = strokes.shapes[index % 10]
      let shape = shapes[Int(random.bounded(UInt64(shapes.count)))]
      draw(shape, on: &canvas, using: &random)
      canvas.store(in: &pixels, at: index * size * size)
    }
    return try ImageSet(
      name: Self.name, pixels: pixels, count: count, height: size, width: size,
      labels: (0..<count).map { UInt8($0 % 10) }, classCount: 10)
  }

  private func draw(
    _ shape: [DigitStrokes.Stroke], on canvas: inout StrokeCanvas, using random: inout SplitMix64
  ) {
    let wobble = Wobble(using: &random)
    let hand = Hand(size: Double(size), using: &random)
    // Below 0.55 pixels a stroke falls between the centres of pixels and breaks up.
    let radius = max(random.uniform(0.032...0.068) * Double(size) * 0.8, 0.55)
    for stroke in shape {
      var last: PlanePoint?
      for point in stroke {
        let here = hand.place(wobble.move(point))
        canvas.drawSegment(from: last ?? here, to: here, radius: radius)
        last = here
      }
    }
  }
}

/// A smooth field that moves points a little, so that no two digits have quite the same strokes; as a field,
/// it keeps strokes together that meet.
private struct Wobble {
  private var waves: [(x: Double, y: Double, phase: Double, dx: Double, dy: Double)] = []

  init(using random: inout SplitMix64) {
    for _ in 0..<3 {
      waves.append(
        (
          x: 5 * random.normal().clamped(2), y: 5 * random.normal().clamped(2),
          phase: random.uniform(0...2 * .pi),
          dx: 0.021 * random.normal().clamped(2), dy: 0.021 * random.normal().clamped(2)
        ))
    }
  }

  func move(_ point: PlanePoint) -> PlanePoint {
    var moved = point
    for wave in waves {
      let height = sin(wave.x * point.x + wave.y * point.y + wave.phase)
      moved.x += wave.dx * height
      moved.y += wave.dy * height
    }
    return moved
  }
}

/// An affine map from the digit's plane to pixels: turn, slant, stretch, move.
private struct Hand {
  private let xx, xy, yx, yy, centreX, centreY: Double

  init(size: Double, using random: inout SplitMix64) {
    // Small images have no room for a border.
    let box = size * (size < 16 ? 0.98 : 0.8)
    let angle = (0.1 * random.normal()).clamped(0.22)
    let slant = (0.16 * random.normal()).clamped(0.35)
    let height = box * random.uniform(0.84...1)
    let width = box * random.uniform(0.7...1)
    let room = (size - box) / 2 + 0.02 * size
    xx = width * cos(angle)
    xy = -height * (sin(angle) + slant)
    yx = width * sin(angle)
    yy = height * cos(angle)
    centreX = size / 2 + random.uniform(-0.7...0.7) * room
    centreY = size / 2 + random.uniform(-0.7...0.7) * room
  }

  func place(_ point: PlanePoint) -> PlanePoint {
    let (x, y) = (point.x - 0.5, point.y - 0.5)
    return PlanePoint(x: centreX + xx * x + xy * y, y: centreY + yx * x + yy * y)
  }
}

extension Double {
  /// The nearest number between -limit and limit.
  fileprivate func clamped(_ limit: Double) -> Double { Swift.min(Swift.max(self, -limit), limit) }
}
