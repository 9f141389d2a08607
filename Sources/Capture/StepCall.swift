import CKernels
import Torch

/// A call of libtorch in a step; draws of normal numbers are made by a kernel that gives the same, to rounding, and leaves
/// the generator as libtorch would.
final class StepCall {
  private let operation: RecordedOperation
  private var stream: UnsafeMutablePointer<ck_stream>?
  private let draw: (numbers: UnsafeMutablePointer<Float>, count: Int)?

  /// - Parameters:
  ///   - call: as it was recorded.
  ///   - result: where its one result lies; nil where there are others, or it is not dense.
  init(_ operation: RecordedOperation, _ call: Recording.Call, result: UnsafeMutablePointer<Float>?) {
    self.operation = operation
    // libtorch draws fewer than 16 another way.
    if let result, call.name == "aten::randn.generator", case let value?? = call.results.first,
      value.type == .float32, value.shape.reduce(1, *) >= 16
    {
      draw = (result, value.shape.reduce(1, *))
      stream = .allocate(capacity: 1)
      stream!.initialize(to: ck_stream())
    } else {
      draw = nil
    }
  }

  deinit { stream?.deallocate() }

  func run() {
    guard let draw, let stream else { return operation.run() }
    let words = UnsafeMutableRawPointer(stream).assumingMemoryBound(to: UInt32.self)
    operation.withStream(words) { left, next in
      stream.pointee.left = left
      stream.pointee.next = next
      ck_draw_normal(stream, draw.numbers, Int64(draw.count))
      left = stream.pointee.left
      next = stream.pointee.next
    }
  }
}
