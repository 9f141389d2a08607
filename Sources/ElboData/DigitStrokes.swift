import Foundation

/// A point of the plane in which digits are written: x to the right, y down, the digit within 0...1.
struct PlanePoint: Sendable, Equatable {
  var x: Double
  var y: Double
}

/// How people write the ten digits: one or more shapes a digit, each of one or more pen strokes.
struct DigitStrokes: Sendable {
  /// A pen stroke as a chain of points; short straight pieces between them make its curve.
  typealias Stroke = [PlanePoint]

  /// For each digit the shapes that are in use, drawn with equal chance.
  let shapes: [[[Stroke]]]

  /// The shapes of all digits.
  init() {
    let closedZero = [Self.ring(0.5, 0.5, 0.31, 0.42)]
    let narrowZero = [Self.ring(0.5, 0.5, 0.22, 0.42)]

    let stick = [Self.line((0.5, 0.08), (0.5, 0.92))]
    let hooked = [Self.line((0.33, 0.27), (0.54, 0.08), (0.54, 0.92))]
    let footed = [
      Self.line((0.34, 0.26), (0.52, 0.08), (0.52, 0.92)), Self.line((0.3, 0.92), (0.74, 0.92)),
    ]

    let twoBow = Self.curve(
      (0.22, 0.28), (0.32, 0.13), (0.52, 0.08), (0.71, 0.18), (0.72, 0.36), (0.56, 0.58), (0.22, 0.91))
    let flatTwo = [twoBow + Self.line((0.22, 0.91), (0.8, 0.91))]
    let loopedTwo = [
      Self.curve(
        (0.24, 0.24), (0.38, 0.1), (0.6, 0.1), (0.72, 0.27), (0.63, 0.5), (0.4, 0.82), (0.24, 0.9),
        (0.2, 0.8), (0.32, 0.74), (0.52, 0.86), (0.82, 0.86))
    ]

    let threeTop = Self.curve(
      (0.24, 0.18), (0.42, 0.08), (0.63, 0.12), (0.7, 0.27), (0.61, 0.42), (0.43, 0.47))
    let threeFoot = Self.curve(
      (0.43, 0.47), (0.66, 0.53), (0.76, 0.69), (0.66, 0.87), (0.45, 0.93), (0.22, 0.83))
    let roundThree = [threeTop + threeFoot]
    let flatThree = [Self.line((0.26, 0.1), (0.72, 0.1), (0.43, 0.43)) + threeFoot]

    let closedFour = [Self.line((0.62, 0.92), (0.62, 0.08), (0.18, 0.64), (0.84, 0.64))]
    let openFour = [
      Self.line((0.3, 0.1), (0.22, 0.52), (0.8, 0.52)), Self.line((0.68, 0.12), (0.64, 0.93)),
    ]

    let fiveBelly = Self.curve(
      (0.3, 0.46), (0.5, 0.4), (0.7, 0.48), (0.76, 0.67), (0.66, 0.86), (0.44, 0.93), (0.22, 0.84))
    let five = [Self.line((0.74, 0.1), (0.33, 0.1), (0.3, 0.46)) + fiveBelly]
    let cappedFive = [Self.line((0.35, 0.12), (0.3, 0.46)) + fiveBelly, Self.line((0.35, 0.12), (0.78, 0.1))]

    let six = [
      Self.curve(
        (0.66, 0.09), (0.44, 0.24), (0.3, 0.48), (0.27, 0.72), (0.4, 0.91), (0.6, 0.91), (0.73, 0.75),
        (0.66, 0.57), (0.48, 0.52), (0.31, 0.63), (0.28, 0.74))
    ]

    let plainSeven = [Self.line((0.2, 0.11), (0.78, 0.11), (0.42, 0.92))]
    let barredSeven = plainSeven + [Self.line((0.36, 0.5), (0.74, 0.5))]

    let crossedEight = [
      Self.curve(
        (0.66, 0.17), (0.5, 0.08), (0.32, 0.16), (0.33, 0.33), (0.5, 0.47), (0.7, 0.63), (0.72, 0.8),
        (0.5, 0.93), (0.28, 0.8), (0.32, 0.62), (0.52, 0.46), (0.67, 0.32), (0.66, 0.17))
    ]
    let stackedEight = [Self.ring(0.5, 0.275, 0.2, 0.19), Self.ring(0.5, 0.695, 0.25, 0.23)]

    let nineHead = Self.curve(
      (0.7, 0.26), (0.58, 0.1), (0.38, 0.12), (0.27, 0.3), (0.36, 0.47), (0.56, 0.46), (0.7, 0.26))
    let straightNine = [nineHead + Self.line((0.7, 0.26), (0.64, 0.93))]
    let bentNine = [
      nineHead + Self.curve((0.7, 0.26), (0.73, 0.5), (0.68, 0.78), (0.5, 0.93), (0.3, 0.87))
    ]

    shapes = [
      [closedZero, narrowZero], [stick, hooked, footed], [flatTwo, loopedTwo], [roundThree, flatThree],
      [closedFour, openFour], [five, cappedFive], [six], [plainSeven, barredSeven],
      [crossedEight, stackedEight], [straightNine, bentNine],
    ]
  }

  /// Straight lines from corner to corner, cut into short pieces so that they can bend.
  private static func line(_ corners: (Double, Double)...) -> Stroke {
    var stroke: Stroke = []
    for (from, to) in zip(corners, corners.dropFirst()) {
      for piece in 0...4 {
        let t = Double(piece) / 4
        stroke.append(PlanePoint(x: from.0 + t * (to.0 - from.0), y: from.1 + t * (to.1 - from.1)))
      }
    }
    return stroke
  }

  /// A smooth curve through `knots` (Catmull and Rom's spline, the ends doubled).
  private static func curve(_ knots: (Double, Double)...) -> Stroke {
    let padded = [knots[0]] + knots + [knots[knots.count - 1]]
    var stroke: Stroke = []
    for first in 0..<knots.count - 1 {
      let (a, b, c, d) = (padded[first], padded[first + 1], padded[first + 2], padded[first + 3])
      func blend(_ a: Double, _ b: Double, _ c: Double, _ d: Double, _ t: Double) -> Double {
        let cubic = 3 * (b - c) + d - a
        let square = 2 * a - 5 * b + 4 * c - d
        return b + 0.5 * t * (c - a + t * (square + t * cubic))
      }
      for piece in 0...4 {
        let t = Double(piece) / 4
        stroke.append(PlanePoint(x: blend(a.0, b.0, c.0, d.0, t), y: blend(a.1, b.1, c.1, d.1, t)))
      }
    }
    return stroke
  }

  /// A closed ellipse around (x, y).
  private static func ring(_ x: Double, _ y: Double, _ halfWidth: Double, _ halfHeight: Double) -> Stroke {
    (0...24).map { piece in
      let angle = 2 * .pi * Double(piece) / 24 - .pi / 2
      return PlanePoint(x: x + halfWidth * cos(angle), y: y + halfHeight * sin(angle))
    }
  }
}
