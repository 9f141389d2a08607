import Foundation
import Torch

extension Tensorboard_Summary.Value {
  /// Numbers, each under "phase/name" and in single precision, in the order of their names.
  static func scalars(_ values: [String: Double], phase: String) -> [Self] {
    values.sorted { $0.key < $1.key }.map { name, value in
      var entry = Self()
      entry.tag = "\(phase)/\(name)"
      entry.simpleValue = Float(value)
      return entry
    }
  }

  /// The bytes of a PNG file; nil for other bytes.
  init?(png: Data, tag: String) {
    let bytes = [UInt8](png.prefix(26))
    // The signature, and the header that comes first: width, height, depth, kind of colours.
    guard bytes.count == 26, Array(bytes[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] else {
      return nil
    }
    func number(_ place: Int) -> Int32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int32($1) } }
    self.init()
    self.tag = tag
    image.width = number(16)
    image.height = number(20)
    image.colorspace = [0: 1, 2: 3, 3: 3, 4: 2, 6: 4][bytes[25]] ?? 3
    image.encodedImageString = png
  }

  /// How often the elements of a tensor fall into each of so many intervals of equal width; elements that are no
  /// numbers fall into none.
  init(histogramOf tensor: Tensor, tag: String, buckets: Int = 64) {
    self.init()
    self.tag = tag
    let values = tensor.detached().moved(to: .cpu).converted(to: .float64).values(as: Double.self)
      .filter(\.isFinite)
    histo = Tensorboard_Histogram()
    guard let low = values.min(), let high = values.max() else { return }
    let count = high > low ? buckets : 1
    let width = (high - low) / Double(count)
    var counts = [Double](repeating: 0, count: count)
    for value in values { counts[width > 0 ? min(count - 1, Int((value - low) / width)) : 0] += 1 }
    histo.min = low
    histo.max = high
    histo.num = Double(values.count)
    histo.sum = values.reduce(0, +)
    histo.sumSquares = values.reduce(0) { $0 + $1 * $1 }
    histo.bucketLimit = (1...count).map { $0 == count ? high : low + Double($0) * width }
    histo.bucket = counts
  }

  /// A histogram of each parameter and buffer, in the order of their names.
  static func histograms(_ weights: [String: Tensor]) -> [Self] {
    weights.sorted { $0.key < $1.key }.map { Self(histogramOf: $0.value, tag: "weights/" + $0.key) }
  }
}
