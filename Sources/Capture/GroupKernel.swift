import CKernels
import Torch

/// What runs a group: its operations shared out between a product's registers and a chain.
struct GroupKernel {
  let nodes: [Node]
  let chain: Chain
  /// What a product does with its numbers before the chain.
  let finish: ProductFinish?
  /// Where what leads the group goes; nil for a chain alone.
  let made: Place?
  /// Whether products round their factors to bf16.
  let halves: Bool
  /// Whether the chain after a leader does something.
  let hasChain: Bool

  /// The places that are in bf16 are read and written so.
  private let graph: Graph

  /// - Parameter isStored: whether a place's elements are needed in memory.
  init(_ group: Group, in graph: Graph, halves: Bool, isStored: (Place) -> Bool) {
    self.halves = halves
    self.graph = graph
    nodes = group.members.map { graph.nodes[$0] }
    let leader = group.isLed ? nodes[0] : nil
    finish =
      leader?.kind == .product
      ? ProductFinish(product: nodes[0].outputs[0], Array(nodes.dropFirst()), isStored: isStored) : nil
    let rest = finish?.rest ?? (leader == nil ? nodes : Array(nodes.dropFirst()))
    let led = finish?.result ?? leader?.outputs[0]
    var chain = Chain(rest, shape: group.shape!, product: led, isStored: isStored)
    var made = led
    if let led, let store = chain.replacesProduct, !isStored(led),
      Self.mayReplace(chain.stores[store].place, led, nodes[0].kind),
      // What is rounded is the end of the chain.
      !graph.buffers[chain.stores[store].place.buffer].isHalf
    {
      // The product goes where the chain's result goes, through half as much memory.
      made = chain.stores[store].place
      chain.loads[0] = made!
    }
    self.chain = chain
    self.made = made
    hasChain = !rest.isEmpty
  }

  /// Whether what leads a group may be written where the result of the group's chain goes.
  private static func mayReplace(_ place: Place, _ led: Place, _ kind: Node.Kind) -> Bool {
    kind == .product ? place.strides[1] < 2 : place.strides == led.strides
  }

  /// The buffers that it touches in memory.
  var buffers: Set<Int> {
    var places = chain.loads + chain.stores.map(\.place) + chain.sums.map(\.place)
    if let made {
      places += nodes[0].inputs.compactMap(\.place) + (nodes[0].moves == nil ? [made] : [])
      places += [finish?.bias, finish?.mask, finish?.sums?.place].compactMap { $0 }
    }
    return Set(places.map(\.buffer))
  }

  /// For people.
  var title: String {
    let shape = "\(chain.shape)"
    let name =
      switch nodes[0].kind {
      case .product:
        "product \(shape) depth \(nodes[0].inputs[0].place!.shape[1])"
          + (nodes[0].moves == nil ? "" : " and Adam")
      case .panels: "panels \(nodes[0].inputs[0].place!.shape)"
      case .convolution(let convolution): convolution.title
      default: "chain \(shape)"
      }
    return name + " loads \(chain.loads.count) instructions \(chain.instructions.count)"
      + " stores \(chain.stores.count) sums \(chain.sums.count)"
  }

  /// The numbers of scratch memory that the kernels want, which depend on shapes alone.
  var scratchCount: Int {
    let sums = chain.sums.map {
      ck_sum(to: nil, stride: 0, scale: $0.scale, kind: $0.kind, from: 0, run: 0, run_stride: 0)
    }
    return sums.withUnsafeBufferPointer { sums in
      var after = ck_pointwise()
      after.rows = Int64(chain.shape[0])
      after.columns = Int64(chain.shape[1])
      after.sums = sums.baseAddress
      after.sum_count = Int32(sums.count)
      after.load_count = Int32(chain.loads.count)
      after.instruction_count = Int32(chain.instructions.count)
      return withUnsafePointer(to: after) { after in
        switch nodes[0].kind {
        case .product:
          var product = ck_product()
          let a = nodes[0].inputs[0].place!, b = nodes[0].inputs[1].place!
          product.rows = Int64(made!.shape[0])
          product.columns = Int64(made!.shape[1])
          product.depth = Int64(a.shape[1])
          func matrix(_ place: Place) -> ck_matrix {
            ck_matrix(
              base: nil, row: Int64(place.strides[0]), column: Int64(place.strides[1]),
              halves: graph.buffers[place.buffer].isHalf)
          }
          product.a = matrix(a)
          product.b = matrix(b)
          product.c = matrix(made!)
          product.halves = halves
          if hasChain { product.after = after }
          // Whether there are panels and sums counts, not where.
          var number: Float = 0
          return withUnsafeMutablePointer(to: &number) {
            if nodes[0].inputs.count > 2 { product.panels = $0 }
            if finish?.sums != nil { product.finish.sums = $0 }
            return Int(ck_product_scratch(&product))
          }
        case .convolution(let convolution):
          var description = convolution.description
          if hasChain { description.after = after }
          return Int(ck_convolution_scratch(&description))
        case .panels: return 0
        default: return Int(ck_pointwise_scratch(after))
        }
      }
    }
  }
}
