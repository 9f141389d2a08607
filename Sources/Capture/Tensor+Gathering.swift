import CKernels
import Torch

extension Tensor {
  /// Overwrites this tensor [n, ...] with rows of a table [m, ...] of float32, on the threads of captured steps.
  package func gather(_ rows: [Int64], of table: Tensor) {
    let width = rowWidth(of: table, rows)
    ck_gather(floatMemory, table.floatMemory, rows, Int64(rows.count), width)
  }

  /// Overwrites this tensor [n, ...] with rows of a table [m, ...] of uint8, 0 to 255 brought to an interval, on the
  /// threads of captured steps.
  package func gather(_ rows: [Int64], ofPixels table: Tensor, in range: ClosedRange<Double>) {
    let width = rowWidth(of: table, rows)
    ck_gather_pixels(
      floatMemory, table.byteMemory, rows, Int64(rows.count), width, Float(range.lowerBound),
      Float(range.upperBound))
  }

  /// uint8 on the CPU as float32, 0 to 255 brought to an interval.
  ///
  /// On the calling thread: those of captured steps, once called, would wait for more on the cores of libtorch's.
  package static func pixels(_ bytes: Tensor, in range: ClosedRange<Double>) -> Tensor {
    let numbers = Tensor.empty(bytes.shape)
    ck_scale_pixels(
      numbers.floatMemory, bytes.byteMemory, Int64(bytes.count), Float(range.lowerBound),
      Float(range.upperBound))
    return numbers
  }

  /// The numbers in a row of a table that has these rows, for which this tensor has room.
  private func rowWidth(of table: Tensor, _ rows: [Int64]) -> Int64 {
    let width = table.count / Swift.max(1, table.size(0))
    precondition(count == rows.count * width, "\(rows.count) rows of \(width) into \(shape)")
    precondition(rows.allSatisfy { (0..<Int64(table.size(0))).contains($0) }, "a row that the table lacks")
    return Int64(width)
  }
}
