import CKernels
import Torch

/// The kernels' descriptions, at addresses that stay.
final class OwnedMemory {
  private var releases: [() -> Void] = []

  deinit { for release in releases { release() } }

  private func keep<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(1, elements.count))
    _ = memory.initialize(from: elements)
    releases.append { memory.deallocate() }
    return UnsafePointer(memory.baseAddress!)
  }

  func pointwise(
    _ chain: Chain, _ matrix: (Place) -> ck_matrix, _ floats: (Place) -> UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>?
  ) -> UnsafePointer<ck_pointwise> {
    var result = ck_pointwise()
    result.rows = Int64(chain.shape[0])
    result.columns = Int64(chain.shape[1])
    result.loads = keep(chain.loads.map(matrix))
    result.instructions = keep(chain.instructions)
    result.stores = keep(chain.stores.map { ck_store(matrix: matrix($0.place), from: $0.register) })
    result.sums = keep(
      chain.sums.map { sum in
        let isTurned = sum.place.shape.count == 2 && !sum.place.isDense
        return ck_sum(
          to: floats(sum.place), stride: isTurned ? Int64(sum.place.strides[1]) : 1, scale: sum.scale,
          kind: sum.kind, from: sum.register, run: isTurned ? Int64(sum.place.shape[1]) : 0,
          run_stride: isTurned ? Int64(sum.place.strides[0]) : 0)
      })
    result.load_count = Int32(chain.loads.count)
    result.instruction_count = Int32(chain.instructions.count)
    result.store_count = Int32(chain.stores.count)
    result.sum_count = Int32(chain.sums.count)
    result.scratch = scratch
    return keep([result])
  }

  /// - Parameter lanes: the tasks of each, for one thread after another.
  func lanes(_ lanes: [[ck_task]]) -> UnsafePointer<ck_lane> {
    keep(lanes.map { ck_lane(tasks: keep($0), count: Int64($0.count)) })
  }

  /// - Parameter hasFixedWeights: whether the weights are there already, and stay.
  func convolution(
    _ node: Node, _ convolution: Convolution, to output: Place, _ after: UnsafePointer<ck_pointwise>?,
    hasFixedWeights: Bool, _ floats: (Place) -> UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutablePointer<Float>?
  ) -> UnsafePointer<ck_convolution> {
    var result = convolution.description
    let inputs = node.inputs.map { floats($0.place!) }, made = floats(output)
    switch convolution.kind {
    case .smallFromLarge: (result.large, result.weights, result.small) = (inputs[0], inputs[1], made)
    case .largeFromSmall: (result.small, result.weights, result.large) = (inputs[0], inputs[1], made)
    case .weightsGradient: (result.small, result.large, result.weights) = (inputs[0], inputs[1], made)
    }
    if inputs.count > 2 { result.bias = UnsafePointer(inputs[2]) }
    result.after = after
    result.scratch = scratch
    if hasFixedWeights, convolution.kind != .weightsGradient {
      let packed = UnsafeMutablePointer<Float>.allocate(capacity: Int(ck_packed_weights(&result)))
      releases.append { packed.deallocate() }
      result.packed = packed
      ck_pack_weights(&result)
    }
    return keep([result])
  }

  func product(
    _ node: Node, to c: ck_matrix, _ finish: ProductFinish, _ after: UnsafePointer<ck_pointwise>?,
    updates: [Int: AdamUpdate], halves: Bool, _ matrix: (Place) -> ck_matrix,
    _ floats: (Place) -> UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>?
  ) -> UnsafePointer<ck_product> {
    var result = ck_product()
    let a = node.inputs[0].place!, b = node.inputs[1].place!
    result.rows = Int64(a.shape[0])
    result.columns = Int64(b.shape[1])
    result.depth = Int64(a.shape[1])
    result.a = matrix(a)
    result.b = matrix(b)
    result.c = c
    result.finish.activation = finish.activation
    result.finish.k = finish.k
    if let bias = finish.bias { result.finish.bias = UnsafePointer(matrix(bias).base) }
    if let mask = finish.mask { result.finish.mask = matrix(mask) }
    if let sums = finish.sums {
      result.finish.sums = floats(sums.place)
      result.finish.sums_scale = sums.scale
    }
    result.halves = halves
    if node.inputs.count > 2 { result.panels = matrix(node.inputs[2].place!).base }
    if let moves = node.moves, let update = updates[moves.mark] {
      result.moved = keep([update.description(moves.read)])
      result.adam = UnsafePointer(update.numbers)
    }
    result.after = after
    result.scratch = scratch
    return keep([result])
  }

  /// What lays out the second factor of products in panels.
  func panels(
    _ factor: Place, _ panels: UnsafeMutablePointer<Float>, halves: Bool, _ matrix: (Place) -> ck_matrix
  ) -> UnsafePointer<ck_product> {
    var result = ck_product()
    result.depth = Int64(factor.shape[0])
    result.columns = Int64(factor.shape[1])
    result.b = matrix(factor)
    result.panels = panels
    result.halves = halves
    return keep([result])
  }
}
