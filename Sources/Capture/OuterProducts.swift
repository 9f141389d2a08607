import CKernels
import Torch

/// Has slopes that are a column times a row, and then let through by a mask, computed as products of depth one: their kernel
/// has the mask and the sums over rows while the numbers are in registers.
///
/// They are elementwise operations until here, so that `SharedSlopes` sees through them.
enum OuterProducts {
  /// Fewer columns are as well off in a chain.
  private static let fewestColumns = 32

  static func find(in translation: inout Translation) {
    var nodes = translation.graph.nodes
    var readers: [Int: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for buffer in Set(node.inputs.compactMap { $0.place?.buffer }) {
        readers[buffer, default: []].append(index)
      }
    }
    for index in nodes.indices {
      let result = nodes[index].outputs.first
      guard let result, readers[result.buffer]?.count == 1,
        lets(nodes[readers[result.buffer]![0]], through: result),
        let factors = factors(nodes[index], &translation)
      else { continue }
      nodes[index].kind = .product
      nodes[index].inputs = factors.map(Operand.place)
    }
    translation.removeNodes()
    for node in nodes { translation.append(node) }
  }

  /// A column and a row as matrices, where a node is their product element by element; the column may be one number.
  private static func factors(_ node: Node, _ translation: inout Translation) -> [Place]? {
    let result = node.outputs[0]
    guard case .elementwise(let operation, let k) = node.kind, result.shape.count == 2,
      result.shape[1] >= fewestColumns, result.shape[0] > 1, result.isDense
    else { return nil }
    func row(_ operand: Operand) -> Place? {
      guard let place = operand.place, place.strides == [0, 1] else { return nil }
      return Place(buffer: place.buffer, offset: place.offset, shape: [1, place.shape[1]], strides: [0, 1])
    }
    func column(_ operand: Operand) -> Place? {
      switch operand {
      case .constant(let number): return translation.repeated(number, count: result.shape[0])
      case .place(let place):
        guard place.strides[1] == 0, place.strides[0] > 0 else { return nil }
        return Place(
          buffer: place.buffer, offset: place.offset, shape: [place.shape[0], 1],
          strides: [place.strides[0], 0])
      }
    }
    switch Int(operation) {
    case CK_MUL:
      for (left, right) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
        if let row = row(right), let column = column(left) { return [column, row] }
      }
    case CK_MUL_K:
      if let row = row(node.inputs[0]) { return [column(.constant(k))!, row] }
    default: break
    }
    return nil
  }

  /// Whether a node lets a slope through where a mask is positive.
  private static func lets(_ node: Node, through slope: Place) -> Bool {
    guard case .elementwise(let operation, let k) = node.kind, node.inputs.first == .place(slope),
      node.inputs.count == 2, let mask = node.inputs[1].place, mask.strides.last == 1
    else { return false }
    return Int(operation) == CK_LEAKY_RELU_BACKWARD || (Int(operation) == CK_RELU_BACKWARD && k == 0)
  }
}
