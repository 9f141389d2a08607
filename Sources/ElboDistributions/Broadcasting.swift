import Torch

/// The shape that tensors of two shapes broadcast to.
///
/// - Precondition: from the last dimension on, lengths are equal or one of them is 1.
func broadcastShape(_ a: Shape, _ b: Shape) -> Shape {
  if a == b { return a }
  let (short, long) = a.count < b.count ? (a, b) : (b, a)
  var result = long
  for (index, length) in short.enumerated() {
    let place = index + long.count - short.count
    precondition(
      length == long[place] || length == 1 || long[place] == 1, "shapes \(a) and \(b) do not broadcast")
    if result[place] == 1 { result[place] = length }
  }
  return result
}

extension Tensor {
  /// The sum over the last dimensions; over none, the tensor itself.
  func summed(last dimensions: Int) -> Tensor {
    // libtorch takes an empty list of dimensions to mean all of them.
    dimensions == 0 ? self : sum(over: Array(-dimensions..<0))
  }

  /// The tensor broadcast to a shape, without a copy; itself where it has it already.
  func broadcast(to shape: Shape) -> Tensor { self.shape == shape ? self : expanded(to: shape) }

  /// c0 + c1 x + c2 x^2 + ..., element by element, for at least two coefficients.
  func polynomial(_ coefficients: [Double]) -> Tensor {
    let lower = coefficients.dropLast().reversed()
    let top = self * coefficients[lower.count]
    return lower.dropFirst().reduce(top + coefficients[lower.count - 1]) { $0 * self + $1 }
  }
}
