import CKernels
import Torch

/// Where the buffers of a step lie, and which of its values are needed in memory at all.
struct MemoryPlan {
  let arena: Arena
  /// Buffers whose elements are one number all the time, and where they lie.
  let constants: [(buffer: Int, offset: Int)]
  /// The buffers that are read from memory.
  private let readers: Set<Int>
  private let bufferCount: Int

  init(_ graph: Graph, _ groups: [Group], keeping kept: [Place]) {
    bufferCount = graph.buffers.count
    var readers: Set<Int> = []
    var spans: [Int: ClosedRange<Int>] = [:]
    var scratch: [Int: Int] = [:]
    func use(_ buffer: Int, at group: Int) {
      let span = spans[buffer] ?? group...group
      spans[buffer] = min(span.lowerBound, group)...max(span.upperBound, group)
    }
    for (index, group) in groups.enumerated() {
      let nodes = group.members.map { graph.nodes[$0] }
      for node in nodes {
        let isChain = group.shape != nil && !node.isLeader
        for place in node.inputs.compactMap(\.place) {
          use(place.buffer, at: index)
          if !isChain { readers.insert(place.buffer) }
        }
        for place in node.outputs { use(place.buffer, at: index) }
      }
      for place in group.loads { readers.insert(place.buffer) }
      if group.shape != nil { scratch[index] = Self.scratchByteCount(group, nodes) }
    }
    for place in kept {
      use(place.buffer, at: groups.count)
      readers.insert(place.buffer)
    }
    self.readers = readers
    var lives: [Arena.Life] = []
    var constantBuffers: [Int] = []
    for (buffer, span) in spans where graph.buffers[buffer].isOwn {
      let info = graph.buffers[buffer]
      if info.constant != nil {
        constantBuffers.append(buffer)
        lives.append(Arena.Life(buffer: buffer, byteCount: info.byteCount, span: 0...(groups.count + 1)))
      } else {
        lives.append(Arena.Life(buffer: buffer, byteCount: info.byteCount, span: span))
      }
    }
    for (group, byteCount) in scratch where byteCount > 0 {
      lives.append(Arena.Life(buffer: graph.buffers.count + group, byteCount: byteCount, span: group...group))
    }
    let arena = Arena(lives)
    self.arena = arena
    constants = constantBuffers.map { ($0, arena.offsets[$0]!) }
  }

  /// The number under which a group's scratch memory is placed.
  func scratch(_ group: Int) -> Int { bufferCount + group }

  /// Whether a buffer is read from memory, by some group or at the end.
  func isStored(_ buffer: Int) -> Bool { readers.contains(buffer) }

  /// The scratch memory of a group's kernels, which depends on shapes alone.
  private static func scratchByteCount(_ group: Group, _ nodes: [Node]) -> Int {
    var sums: [ck_sum] = []
    for node in nodes {
      if case .sum(let kind, let scale) = node.kind {
        sums.append(ck_sum(to: nil, stride: 0, scale: scale, kind: kind, from: 0))
      }
    }
    return sums.withUnsafeBufferPointer { sums in
      // A chain that is laid flat is cut more finely than one in rows.
      var count: Int64 = 0
      let shape = group.shape!
      for (rows, columns) in [(shape[0], shape[1]), (1, shape[0] * shape[1])] {
        var chain = ck_pointwise()
        chain.rows = Int64(rows)
        chain.columns = Int64(columns)
        chain.sums = sums.baseAddress
        chain.sum_count = Int32(sums.count)
        guard group.isLed else {
          count = max(count, ck_pointwise_scratch(&chain))
          continue
        }
        if case .convolution(let convolution) = nodes[0].kind {
          count = withUnsafePointer(to: chain) { chain in
            var description = convolution.description
            description.after = chain
            return ck_convolution_scratch(&description)
          }
          break
        }
        let a = nodes[0].inputs[0].place!, b = nodes[0].inputs[1].place!, c = nodes[0].outputs[0]
        count = withUnsafePointer(to: chain) { chain in
          var product = ck_product()
          product.rows = Int64(shape[0])
          product.columns = Int64(shape[1])
          product.depth = Int64(a.shape[1])
          func matrix(_ place: Place) -> ck_matrix {
            ck_matrix(base: nil, row: Int64(place.strides[0]), column: Int64(place.strides[1]))
          }
          product.a = matrix(a)
          product.b = matrix(b)
          product.c = matrix(c)
          product.after = chain
          return ck_product_scratch(&product)
        }
        break
      }
      return Int(count) * 4
    }
  }
}
