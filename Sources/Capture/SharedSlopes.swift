import CKernels
import Torch

/// Lets two backward passes through the same layers share their products.
///
/// Where a network gives one number an example, the slope of anything with respect to a layer's output is that
/// example's slope of the number times what is the same for all objectives: (s u) W = s (u W), with s [rows, 1].
/// So where two objectives are taken of one forward pass, as the generator's and the discriminator's of T(x, z)
/// are, the products with the weights need to be done once.
struct SharedSlopes {
  /// A value without its factor a row, as an expression.
  private indirect enum Base: Hashable {
    /// One row for all examples.
    case row(Place)
    /// A slope let through where a mask is positive: the instruction, its constant, the mask.
    case masked(Base, Int32, Float, Place)
    /// Times a matrix.
    case product(Base, Place)

    /// Whether it is of one forward pass, whose masks are its own: before and after an update the same weights
    /// are other numbers.
    var hasMask: Bool {
      switch self {
      case .row: false
      case .masked: true
      case .product(let inner, _): inner.hasMask
      }
    }
  }

  private struct Factored {
    var scale: Operand
    var base: Base
  }

  /// The operations with shared products, in an order in which they can run.
  static func share(_ translation: inout Translation) {
    let nodes = translation.graph.nodes
    var factored: [Place: Factored] = [:]
    var products: [Base: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      guard let value = factor(node, factored) else { continue }
      factored[node.outputs[0]] = value
      if case .product = value.base, value.base.hasMask { products[value.base, default: []].append(index) }
    }
    let shared = products.filter { $0.value.count > 1 }
    guard !shared.isEmpty else { return }

    translation.removeNodes()
    var places: [Base: Place] = [:]
    func place(_ base: Base, _ shape: Shape) -> Place {
      if case .row(let row) = base { return row.broadcast(to: shape) }
      if let known = places[base] { return known }
      let result = translation.temporary(shape)
      switch base {
      case .row: break
      case .masked(let inner, let operation, let k, let mask):
        translation.add(
          .elementwise(operation, k), [.place(place(inner, shape)), .place(mask)], to: result)
      case .product(let inner, let weight):
        translation.add(
          .product, [.place(place(inner, [shape[0], weight.shape[0]])), .place(weight)], to: result)
      }
      places[base] = result
      return result
    }
    for (index, node) in nodes.enumerated() {
      let output = node.outputs.first
      if let output, let value = factored[output], shared[value.base]?.contains(index) == true {
        translation.elementwise(
          CK_MUL, [.place(place(value.base, output.shape)), value.scale], to: output)
      } else {
        translation.append(node)
      }
    }
  }

  private static func factor(_ node: Node, _ factored: [Place: Factored]) -> Factored? {
    guard let output = node.outputs.first, output.shape.count == 2 else { return nil }
    switch node.kind {
    case .elementwise(let operation, _) where operation == Int32(CK_MUL) && node.inputs.count == 2:
      for (scale, row) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
        guard case .place(let row) = row, row.strides[0] == 0, row.strides[1] != 0 else { continue }
        if let column = scale.place, column.strides[1] != 0 { continue }
        return Factored(scale: scale, base: .row(Place(row)))
      }
      return nil
    case .elementwise(let operation, let k)
    where [CK_RELU_BACKWARD, CK_LEAKY_RELU_BACKWARD].contains(Int(operation)):
      guard let slope = node.inputs[0].place, let mask = node.inputs[1].place, let value = factored[slope]
      else { return nil }
      return Factored(scale: value.scale, base: .masked(value.base, operation, k, mask))
    case .product:
      guard let slope = node.inputs[0].place, let weight = node.inputs[1].place, let value = factored[slope]
      else { return nil }
      return Factored(scale: value.scale, base: .product(value.base, weight))
    default: return nil
    }
  }
}

extension Place {
  /// The first row of a place that repeats it.
  fileprivate init(_ repeated: Place) {
    self.init(
      buffer: repeated.buffer, offset: repeated.offset, shape: [1, repeated.shape[1]],
      strides: [0, repeated.strides[1]])
  }
}
