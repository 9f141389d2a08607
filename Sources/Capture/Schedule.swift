import Torch

/// The order in which a step's groups run, and which of them run side by side.
struct Schedule {
  /// The graph with the operations that bands need.
  private(set) var graph: Graph
  private(set) var items: [Item] = []

  /// Lanes of groups; a lane's groups run one after another, lanes side by side.
  struct Item {
    var lanes: [[Group]]
    /// How many groups became these lanes.
    var groupCount = 1
    /// A call of libtorch that one thread makes while the others begin with the lanes.
    var beside: Group?
  }

  /// The groups that use each buffer, by their numbers in the step; -1 for its end.
  private let users: [Int: Set<Int>]
  private let numbers: [[Int]: Int]

  init(_ graph: Graph, _ groups: [Group], keeping kept: [Place]) {
    self.graph = graph
    var users: [Int: Set<Int>] = [:]
    for (number, group) in groups.enumerated() {
      for member in group.members {
        let node = graph.nodes[member]
        for place in node.inputs.compactMap(\.place) + node.outputs {
          users[place.buffer, default: []].insert(number)
        }
      }
    }
    for place in kept { users[place.buffer, default: []].insert(-1) }
    self.users = users
    numbers = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.members, $0) })
    var region: [Group] = []
    for group in groups {
      if case .mark = graph.nodes[group.members[0]].kind {
        arrange(region)
        region = []
        items.append(Item(lanes: [[group]]))
      } else {
        region.append(group)
      }
    }
    arrange(region)
    putSideBySide()
    moveCallsBeside()
  }

  /// Has small groups that follow one another and need nothing of one another run each on one thread: threads then meet once for
  /// all of them.
  private mutating func putSideBySide() {
    var merged: [Item] = []
    var run: [Item] = []
    func close() {
      let works = run.map { work($0.lanes[0]) }
      if run.count > 1, let largest = works.max(), works.reduce(0, +) >= 2 * largest {
        merged.append(Item(lanes: run.flatMap(\.lanes), groupCount: run.count))
      } else {
        merged += run
      }
      run = []
    }
    for item in items {
      guard isSmall(item) else {
        close()
        merged.append(item)
        continue
      }
      let own = use(item.lanes[0][0])
      if run.contains(where: { use($0.lanes[0][0]).conflicts(with: own) }) { close() }
      run.append(item)
    }
    close()
    items = merged
  }

  /// Whether it is one group that can run in a lane and is too small for several threads to gain much.
  private func isSmall(_ item: Item) -> Bool {
    guard item.lanes.count == 1, item.lanes[0].count == 1, work(item.lanes[0]) <= Self.leastWork
    else { return false }
    switch graph.nodes[item.lanes[0][0].members[0]].kind {
    case .product, .elementwise, .sum: return true
    default: return false
    }
  }

  /// Has calls made beside the next work that is large enough and needs nothing of them.
  private mutating func moveCallsBeside() {
    var index = items.count - 1
    while index >= 0 {
      defer { index -= 1 }
      let item = items[index]
      guard item.lanes.count == 1, item.lanes[0].count == 1, let group = item.lanes[0].first,
        case .call = graph.nodes[group.members[0]].kind
      else { continue }
      let own = use(group)
      search: for other in (index + 1)..<max(index + 1, items.count) {
        let groups = items[other].lanes.flatMap { $0 } + (items[other].beside.map { [$0] } ?? [])
        if groups.contains(where: { use($0).conflicts(with: own) }) { break search }
        if case .mark = graph.nodes[groups[0].members[0]].kind { break search }
        guard items[other].beside == nil, groups[0].shape != nil, work(groups) >= Self.leastWork else {
          continue search
        }
        items[other].beside = group
        items.remove(at: index)
        break search
      }
    }
  }

  /// What is worth having more than one thread: multiplications, about.
  private static let leastWork = 1 << 19

  private func work(_ groups: [Group]) -> Int {
    var work = 0
    for member in groups.flatMap(\.members) {
      let node = graph.nodes[member]
      switch node.kind {
      case .product: work += node.outputs[0].count * node.inputs[0].place!.shape[1]
      case .convolution: work += Self.leastWork
      default: work += 8 * (node.outputs.first?.count ?? 0)
      }
    }
    return work
  }

  /// Makes the numbers of these buffers bf16.
  mutating func halve(_ buffers: Set<Int>) {
    for buffer in buffers {
      graph.buffers[buffer].isHalf = true
      graph.buffers[buffer].byteCount /= 2
    }
  }

  private struct Use {
    var reads: Set<Int> = []
    var writes: Set<Int> = []
    var isCall = false

    func conflicts(with other: Use) -> Bool {
      // Calls keep their order: draws depend on it.
      (isCall && other.isCall) || !writes.isDisjoint(with: other.reads)
        || !writes.isDisjoint(with: other.writes)
        || !reads.isDisjoint(with: other.writes)
    }
  }

  private func use(_ group: Group) -> Use {
    var use = Use()
    for member in group.members {
      let node = graph.nodes[member]
      use.reads.formUnion(node.inputs.compactMap { $0.place?.buffer })
      use.writes.formUnion(node.outputs.map(\.buffer))
      if case .call = node.kind { use.isCall = true }
    }
    return use
  }

  /// Orders the groups between two acts of the host: bands as long as what they read allows.
  private mutating func arrange(_ region: [Group]) {
    let uses = region.map(use)
    let before: [[Int]] = region.indices.map { j in (0..<j).filter { uses[$0].conflicts(with: uses[j]) } }
    // What is only read comes after what the step is for, save where that would overwrite it.
    var isCore = region.map(\.isCore)
    for index in region.indices.reversed() where isCore[index] {
      for other in before[index] { isCore[other] = true }
    }
    arrange(region, region.indices.filter { isCore[$0] }, before)
    arrange(region, region.indices.filter { !isCore[$0] }, before)
  }

  private mutating func arrange(_ region: [Group], _ indices: [Int], _ before: [[Int]]) {
    var pending = indices
    let isBandless = region.map { Bands.rows(of: $0, in: graph).isEmpty }
    func isReady(_ index: Int, without done: Set<Int> = []) -> Bool {
      before[index].allSatisfy { done.contains($0) || !pending.contains($0) }
    }
    while !pending.isEmpty {
      if let index = pending.first(where: { isBandless[$0] && isReady($0) }) {
        items.append(Item(lanes: [[region[index]]]))
        pending.removeAll { $0 == index }
        continue
      }
      let index = pending.first { isReady($0) }!
      let (bands, members) = bands(from: index, pending, region) { isReady($0, without: $1) }
      if members.count < bands.fewestGroups {
        items.append(Item(lanes: [[region[index]]]))
        pending.removeAll { $0 == index }
        continue
      }
      let own = Set(members.map { numbers[region[$0].members]! })
      let lanes = bands.lanes(in: &graph) { [users] in users[$0]!.isSubset(of: own) }
      if !lanes.factors.isEmpty { items.append(Item(lanes: lanes.factors, groupCount: lanes.factors.count)) }
      items.append(Item(lanes: lanes.bands, groupCount: members.count))
      if !lanes.sums.isEmpty { items.append(Item(lanes: lanes.sums, groupCount: lanes.sums.count)) }
      for group in lanes.rest { items.append(Item(lanes: [[group]])) }
      pending.removeAll { members.contains($0) }
    }
  }

  /// The longest bands that begin with this group.
  private func bands(
    from start: Int, _ pending: [Int], _ region: [Group], isReady: (Int, Set<Int>) -> Bool
  ) -> (Bands, Set<Int>) {
    var best = (Bands(rows: 0), Set<Int>())
    for rows in Bands.rows(of: region[start], in: graph) {
      var bands = Bands(rows: rows)
      var members: Set<Int> = []
      for index in pending where isReady(index, members) {
        if bands.take(region[index], in: graph) { members.insert(index) }
      }
      if members.contains(start), members.count > best.1.count { best = (bands, members) }
    }
    return best
  }
}
