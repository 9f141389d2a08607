import Torch

/// Where the buffers of a step lie, and which of its values are needed in memory at all.
struct MemoryPlan {
  /// The bytes that are needed.
  let byteCount: Int
  /// Each buffer's first byte, scratch memory among them.
  private(set) var offsets: [Int: Int] = [:]
  /// What lies between the same buffer of one thread and the next, for buffers of which each thread has one.
  private(set) var slotSizes: [Int: Int] = [:]
  /// Buffers whose elements are one number all the time, and where they lie.
  let constants: [(buffer: Int, offset: Int)]
  /// What runs the groups: by item, then one after another over its lanes; nil for a call or a mark.
  private(set) var kernels: [[GroupKernel?]] = []
  private let bufferCount: Int
  /// The number of each item's first group.
  private var firstGroups: [Int] = []

  init(_ schedule: Schedule, keeping kept: [Place], threads: Int, halves: Bool) {
    let (graph, items) = (schedule.graph, schedule.items)
    bufferCount = graph.buffers.count
    let readers = Self.readers(schedule, kept)
    // The lane that alone uses a buffer, or the items that do.
    var uses: [Int: (items: ClosedRange<Int>, lane: Int?, positions: ClosedRange<Int>)] = [:]
    func use(_ buffer: Int, item: Int, lane: Int?, position: Int) {
      guard let known = uses[buffer] else {
        uses[buffer] = (item...item, lane, position...position)
        return
      }
      let isOneLane = known.lane != nil && known.lane == lane && known.items == item...item
      uses[buffer] = (
        min(known.items.lowerBound, item)...max(known.items.upperBound, item), isOneLane ? lane : nil,
        min(known.positions.lowerBound, position)...max(known.positions.upperBound, position)
      )
    }
    var sizes: [Int: Int] = [:]
    var groupCount = 0
    for (item, content) in items.enumerated() {
      firstGroups.append(groupCount)
      kernels.append([])
      for node in (content.beside?.members ?? []).map({ graph.nodes[$0] }) {
        for place in node.inputs.compactMap(\.place) + node.outputs {
          use(place.buffer, item: item, lane: nil, position: 0)
        }
      }
      for (lane, groups) in content.lanes.enumerated() {
        for (position, group) in groups.enumerated() {
          groupCount += 1
          guard group.shape != nil else {
            kernels[item].append(nil)
            for node in group.members.map({ graph.nodes[$0] }) {
              for place in node.inputs.compactMap(\.place) + node.outputs {
                use(place.buffer, item: item, lane: nil, position: 0)
              }
            }
            continue
          }
          let kernel = GroupKernel(group, in: graph, halves: halves) { readers.contains($0.buffer) }
          for buffer in kernel.buffers { use(buffer, item: item, lane: lane, position: position) }
          let scratch = kernel.scratchCount
          if scratch > 0 {
            let number = bufferCount + groupCount - 1
            sizes[number] = 4 * scratch
            use(number, item: item, lane: lane, position: position)
          }
          kernels[item].append(kernel)
        }
      }
    }
    for place in kept { use(place.buffer, item: items.count, lane: nil, position: 0) }

    var lives: [Arena.Life] = []
    var constantBuffers: [Int] = []
    // What only one lane uses lies in memory of the thread that runs it.
    var inner: [[Int]: [Arena.Life]] = [:]
    for (buffer, use) in uses {
      if buffer >= bufferCount || graph.buffers[buffer].isOwn {
        let byteCount = sizes[buffer] ?? graph.buffers[buffer].byteCount
        if buffer < bufferCount, graph.buffers[buffer].constant != nil {
          constantBuffers.append(buffer)
          lives.append(Arena.Life(buffer: buffer, byteCount: byteCount, span: 0...(items.count + 1)))
        } else if buffer < bufferCount, graph.buffers[buffer].lasts {
          lives.append(Arena.Life(buffer: buffer, byteCount: byteCount, span: 0...(items.count + 1)))
        } else if let lane = use.lane {
          inner[[use.items.lowerBound, lane], default: []].append(
            Arena.Life(buffer: buffer, byteCount: byteCount, span: use.positions))
        } else {
          lives.append(Arena.Life(buffer: buffer, byteCount: byteCount, span: use.items))
        }
      }
    }
    var arenas: [Int: [Arena]] = [:]
    for (place, lives) in inner { arenas[place[0], default: []].append(Arena(lives)) }
    let firstArena = bufferCount + groupCount
    for (item, lanes) in arenas {
      let size = (lanes.map(\.byteCount).max()! + 63) / 64 * 64
      let slots = items[item].lanes.count > 1 ? threads : 1
      lives.append(Arena.Life(buffer: firstArena + item, byteCount: size * slots, span: item...item))
      for lane in lanes { for buffer in lane.offsets.keys { slotSizes[buffer] = slots > 1 ? size : 0 } }
    }
    let outer = Arena(lives)
    byteCount = outer.byteCount
    offsets = outer.offsets
    for (item, lanes) in arenas {
      for lane in lanes {
        for (buffer, offset) in lane.offsets { offsets[buffer] = outer.offsets[firstArena + item]! + offset }
      }
    }
    constants = constantBuffers.sorted().map { ($0, outer.offsets[$0]!) }
  }

  /// The number under which a group's scratch memory is placed, by the group's position among all of the item's
  /// lanes.
  func scratch(_ item: Int, _ position: Int) -> Int { bufferCount + firstGroups[item] + position }

  /// The buffers that are read from memory, by some group or at the end.
  private static func readers(_ schedule: Schedule, _ kept: [Place]) -> Set<Int> {
    var readers = Set(kept.map(\.buffer))
    for group in schedule.items.flatMap({ $0.lanes.flatMap { $0 } + ($0.beside.map { [$0] } ?? []) }) {
      for place in group.loads { readers.insert(place.buffer) }
      for node in group.members.map({ schedule.graph.nodes[$0] }) where group.shape == nil || node.isLeader {
        readers.formUnion(node.inputs.compactMap { $0.place?.buffer })
      }
    }
    return readers
  }
}
