import Capture
import ElboData
import Torch

/// Images that stay bytes in memory, and become numbers when they are taken: a quarter of the memory, and of what a
/// batch of images from anywhere has to read.
struct PixelExamples {
  /// uint8 [count, features].
  let bytes: Tensor
  /// What 0 and 255 become.
  let range: PixelRange

  init(_ bytes: Tensor, _ range: PixelRange) { (self.bytes, self.range) = (bytes, range) }

  /// [count, features], float32: x / 255, or x / 255 * 2 - 1, as libtorch rounds them.
  var numbers: Tensor {
    if bytes.device == .cpu { return .pixels(bytes.contiguous(), in: range.bounds) }
    let unit = bytes.converted(to: .float32) * (1 / 255)
    return range == .unit ? unit : unit * 2 - 1
  }

  /// The least and the greatest number.
  var bounds: (low: Double, high: Double) {
    let ends = PixelExamples(Tensor.stack([bytes.min(), bytes.max()]), range).numbers.values(as: Float.self)
    return (Double(ends[0]), Double(ends[1]))
  }

  /// Images that follow one another.
  func narrowed(from start: Int, length: Int) -> PixelExamples {
    PixelExamples(bytes.narrowed(0, from: start, length: length), range)
  }

  /// The images at some places, int64 [n] on their device.
  func gathered(_ places: Tensor) -> PixelExamples { PixelExamples(bytes.gathered(places), range) }
}
