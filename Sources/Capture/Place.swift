import Torch

/// Where the elements of a value lie: in a buffer, from an offset on, with a stride a dimension. All in
/// elements.
struct Place: Hashable {
  var buffer: Int
  var offset: Int
  var shape: Shape
  var strides: [Int]

  /// A whole new buffer, row by row.
  init(buffer: Int, shape: Shape) {
    self.init(buffer: buffer, offset: 0, shape: shape, strides: Self.denseStrides(shape))
  }

  init(buffer: Int, offset: Int, shape: Shape, strides: [Int]) {
    self.buffer = buffer
    self.offset = offset
    self.shape = shape
    // What a dimension of one element strides over is of no consequence; one spelling makes places comparable.
    self.strides = zip(shape, strides).map { $0 == 1 ? 0 : $1 }
  }

  /// The number of elements.
  var count: Int { shape.reduce(1, *) }

  /// Whether the elements lie one after another, row by row.
  var isDense: Bool {
    zip(strides, Self.denseStrides(shape)).allSatisfy(==) || count == 0
  }

  /// Row-major strides; 0 for dimensions of one element.
  static func denseStrides(_ shape: Shape) -> [Int] {
    var strides = [Int](repeating: 0, count: shape.count)
    var step = 1
    for index in shape.indices.reversed() {
      strides[index] = shape[index] == 1 ? 0 : step
      step *= shape[index]
    }
    return strides
  }

  /// The same elements, repeated to a larger shape as arithmetic does.
  func broadcast(to shape: Shape) -> Place {
    let missing = shape.count - self.shape.count
    let strides = shape.indices.map { index in
      index < missing || self.shape[index - missing] == 1 ? 0 : self.strides[index - missing]
    }
    return Place(buffer: buffer, offset: offset, shape: shape, strides: strides)
  }

  /// Rows and columns exchanged.
  var transposed: Place {
    Place(buffer: buffer, offset: offset, shape: shape.reversed(), strides: strides.reversed())
  }

  /// Whether the first dimension lies innermost and others around it, as the examples of a batch of pictures do.
  var isRotated: Bool {
    guard shape.count > 1, shape[0] > 1, strides[0] == 1 else { return false }
    return rotated.isDense && zip(shape, strides).contains { $0 > 1 && $1 > 1 }
  }

  /// The first dimension made the last.
  var rotated: Place {
    Place(
      buffer: buffer, offset: offset, shape: shape.dropFirst() + [shape[0]],
      strides: strides.dropFirst() + [strides[0]])
  }

  /// Where the elements are once the buffer's first dimension, of `examples` out of `count` elements, lies
  /// innermost: element (n, m) at m examples + n. Nil where no strides say so.
  func rotated(examples: Int, among count: Int) -> Place? {
    let row = count / examples
    var reach = offset % row
    var strides = strides
    for index in strides.indices where shape[index] > 1 {
      if strides[index] % row == 0 {
        strides[index] /= row
      } else {
        reach += (shape[index] - 1) * strides[index]
        strides[index] *= examples
      }
    }
    guard reach < row else { return nil }
    return Place(
      buffer: buffer, offset: offset / row + offset % row * examples, shape: shape, strides: strides)
  }

  /// The same elements as a matrix whose rows are the first `leading` dimensions; nil where strides do not
  /// allow that.
  func matrix(leading: Int) -> Place? {
    guard let rows = Self.merged(shape[..<leading], strides[..<leading]),
      let columns = Self.merged(shape[leading...], strides[leading...])
    else { return nil }
    return Place(
      buffer: buffer, offset: offset, shape: [rows.count, columns.count],
      strides: [rows.stride, columns.stride])
  }

  private static func merged(
    _ shape: ArraySlice<Int>, _ strides: ArraySlice<Int>
  ) -> (count: Int, stride: Int)? {
    var count = 1
    var stride = 0
    for (length, step) in zip(shape, strides).reversed() where length != 1 {
      if count == 1 { stride = step } else if step != stride * count { return nil }
      count *= length
    }
    return (count, stride)
  }
}
