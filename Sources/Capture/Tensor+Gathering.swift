import CKernels
import Torch

extension Tensor {
  /// Overwrites this tensor [n, ...] with rows of a table [m, ...] of float32, on the threads of captured steps.
  package func gather(_ rows: [Int64], of table: Tensor) {
    let width = table.count / Swift.max(1, table.size(0))
    precondition(count == rows.count * width, "\(rows.count) rows of \(width) into \(shape)")
    precondition(rows.allSatisfy { (0..<Int64(table.size(0))).contains($0) }, "a row that the table lacks")
    ck_gather(floatMemory, table.floatMemory, rows, Int64(rows.count), Int64(width))
  }
}
