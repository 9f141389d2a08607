import CKernels
import Torch

/// What happens to a product's numbers while they are in registers: the operations at the start of its chain that
/// its kernel knows.
struct ProductFinish {
  private(set) var bias: Place?
  private(set) var mask: Place?
  private(set) var activation = Int32(CK_COPY)
  private(set) var k: Float = 0
  /// Where the sums over the rows of the result go, and what they are multiplied by.
  private(set) var sums: (place: Place, scale: Float)?
  /// The place that holds the result.
  private(set) var result: Place
  /// The operations that are left.
  private(set) var rest: [Node]

  /// Takes in what it can of the operations after a product, each of which is the only one to read what is
  /// before it.
  init(product: Place, _ nodes: [Node], isStored: (Place) -> Bool) {
    result = product
    rest = nodes
    while mask == nil, !isStored(result), let next = onlyReader, takes(rest[next]) {
      result = rest.remove(at: next).matrices!.output
    }
    // What a kernel can sum while it has the numbers.
    if rest.count == 1, case .sum(let kind, let scale) = rest[0].kind, kind == Int32(CK_SUM_OVER_ROWS),
      rest[0].inputs[0] == .place(result), result.shape[1] >= Self.fewestSums
    {
      sums = (rest.removeLast().outputs[0], scale)
    }
  }

  /// Products with fewer columns may be computed turned, or a row at a time.
  private static let fewestSums = 32

  private var onlyReader: Int? {
    let readers = rest.indices.filter { rest[$0].matrices!.inputs.contains(.place(result)) }
    return readers.count == 1 ? readers[0] : nil
  }

  private mutating func takes(_ node: Node) -> Bool {
    guard case .elementwise(let operation, let k) = node.kind, let inputs = node.matrices?.inputs else {
      return false
    }
    let others = inputs.filter { $0 != .place(result) }.compactMap(\.place)
    let isFresh = activation == Int32(CK_COPY)
    switch Int(operation) {
    case CK_ADD:
      guard bias == nil, isFresh, others.count == 1, others[0].strides == [0, 1] else { return false }
      bias = others[0]
    case CK_RELU where isFresh:
      activation = operation
    case CK_LEAKY_RELU where isFresh:
      (activation, self.k) = (operation, k)
    case CK_RELU_BACKWARD, CK_LEAKY_RELU_BACKWARD:
      let isRelu = Int(operation) == CK_RELU_BACKWARD
      guard isFresh, inputs.first == .place(result), others.count == 1, others[0].strides[1] == 1,
        !isRelu || k == 0
      else { return false }
      (mask, self.k) = (others[0], isRelu ? 0 : k)
    default: return false
    }
    return true
  }
}
