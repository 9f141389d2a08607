import CKernels
import Torch

/// Makes the kernels' descriptions of a step's groups, in memory that is laid out.
struct KernelBuilder {
  let graph: Graph
  let plan: MemoryPlan
  let recording: Recording
  /// The step's own memory.
  let memory: UnsafeMutableRawPointer
  let owned: OwnedMemory
  /// Whether weights that no group makes stay as they are.
  let hasFixedWeights: Bool
  /// Adam's updates, by their marks.
  let updates: [Int: AdamUpdate]
  /// The thread whose own memory lanes work in.
  var slot = 0

  /// What runs a group.
  enum Kernel {
    case chain(UnsafePointer<ck_pointwise>)
    case product(UnsafePointer<ck_product>)
    case panels(UnsafePointer<ck_product>)
    case convolution(UnsafePointer<ck_convolution>)

    /// The same for a lane; nil for what only runs by itself.
    var task: ck_task? {
      switch self {
      case .chain(let chain): ck_task(kind: Int32(CK_RUN_POINTWISE), description: chain)
      case .product(let product): ck_task(kind: Int32(CK_RUN_PRODUCT), description: product)
      case .panels(let product): ck_task(kind: Int32(CK_RUN_PACK_PANELS), description: product)
      case .convolution: nil
      }
    }
  }

  func address(_ buffer: Int) -> UnsafeMutableRawPointer {
    if let offset = plan.offsets[buffer] { return memory + offset + slot * (plan.slotSizes[buffer] ?? 0) }
    return recording.address(ofStorage: graph.buffers[buffer].storage!)
  }

  private func isHalf(_ place: Place) -> Bool { graph.buffers[place.buffer].isHalf }

  /// Where a place's numbers begin, whatever their kind.
  func floats(_ place: Place) -> UnsafeMutablePointer<Float> {
    let first = address(place.buffer) + place.offset * (isHalf(place) ? 2 : 4)
    return first.assumingMemoryBound(to: Float.self)
  }

  /// The place of a product, which is none where the product moves a parameter.
  private func result(_ place: Place, of node: Node) -> ck_matrix {
    guard node.moves == nil else {
      return ck_matrix(
        base: nil, row: Int64(place.strides[0]), column: Int64(place.strides[1]), halves: false)
    }
    return matrix(place)
  }

  private func matrix(_ place: Place) -> ck_matrix {
    ck_matrix(
      base: floats(place), row: Int64(place.strides[0]), column: Int64(place.strides[1]),
      halves: isHalf(place))
  }

  /// The kernel of an item's group, by the group's position among all of its lanes.
  func kernel(_ item: Int, _ position: Int) -> Kernel {
    let group = plan.kernels[item][position]!
    let number = plan.scratch(item, position)
    let scratch = plan.offsets[number].map { _ in address(number).assumingMemoryBound(to: Float.self) }
    let pointwise = owned.pointwise(group.chain, matrix, floats, scratch)
    let after = group.hasChain ? pointwise : nil
    switch group.nodes[0].kind {
    case .product:
      return .product(
        owned.product(
          group.nodes[0], to: result(group.made!, of: group.nodes[0]), group.finish!, after,
          updates: updates, halves: group.halves, matrix, floats, scratch))
    case .panels:
      return .panels(
        owned.panels(group.nodes[0].inputs[0].place!, floats(group.made!), halves: group.halves, matrix))
    case .convolution(let convolution):
      return .convolution(
        owned.convolution(
          group.nodes[0], convolution, to: group.made!, after,
          hasFixedWeights: hasFixedWeights && !graph.buffers[group.nodes[0].inputs[1].place!.buffer].isOwn,
          floats, scratch))
    default:
      return .chain(pointwise)
    }
  }
}
