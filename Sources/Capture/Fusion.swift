import CKernels
import Torch

/// Operations that run as one: a chain over the elements of one matrix, perhaps with the product that gives
/// the matrix before it; or a single call or mark.
struct Group {
  /// The nodes, in the order of the step.
  var members: [Int]
  /// The matrix's shape; nil for a call or a mark.
  var shape: Shape?
  /// Whether the step is for it; what is only to be read keeps to groups of its own, so that reading changes no
  /// bit of the step.
  var isCore = true
  /// Whether a product or a convolution comes first.
  var isLed = false
  var sumCount = 0
  /// The places that members read from memory.
  var loads: Set<Place> = []
}

/// Gathers a graph's nodes into groups.
///
/// A node joins the group that gives what it reads, where all else that it reads is there before that group;
/// so a group's place in the order is its first member's.
struct Fusion {
  let graph: Graph
  private(set) var groups: [Group] = []
  /// The group that wrote a buffer last.
  private var lastWriter: [Int: Int] = [:]
  /// The matrices that a group has in registers.
  private var given: [[Place: Int]] = []
  /// Nothing joins a group before this one: the host acted in between.
  private var barrier = 0

  /// Longer chains would run out of the kernels' registers.
  private static let longest = 20

  /// The nodes with effects, and those that they need.
  private let isCore: [Bool]

  init(_ graph: Graph, keeping outputs: [Place], _ recording: Recording) {
    self.graph = graph
    isCore = Self.needed(graph, [], recording)
    let isNeeded = Self.needed(graph, outputs, recording)
    for index in graph.nodes.indices where isNeeded[index] { place(index) }
  }

  /// Which nodes' results are read, or have effects of their own.
  private static func needed(_ graph: Graph, _ outputs: [Place], _ recording: Recording) -> [Bool] {
    var isNeeded = [Bool](repeating: false, count: graph.nodes.count)
    var read = Set(outputs.map(\.buffer))
    for (index, node) in graph.nodes.enumerated().reversed() {
      let isEffect =
        switch node.kind {
        case .mark: true
        case .product where node.moves != nil: true
        // Draws count even where nobody looks: those after them depend on it.
        case .call(let call):
          recording.calls[call].isRandom || node.outputs.contains { !graph.buffers[$0.buffer].isOwn }
        default: false
        }
      guard isEffect || node.outputs.contains(where: { read.contains($0.buffer) }) else { continue }
      isNeeded[index] = true
      read.formUnion(node.inputs.compactMap { $0.place?.buffer })
    }
    return isNeeded
  }

  private mutating func place(_ index: Int) {
    let node = graph.nodes[index]
    switch node.kind {
    case .call, .mark:
      groups.append(Group(members: [index], isCore: isCore[index]))
      given.append([:])
      for output in node.outputs { lastWriter[output.buffer] = groups.count - 1 }
      if case .mark = node.kind { barrier = groups.count }
    case .product, .panels, .convolution:
      groups.append(Group(members: [index], shape: node.outputs[0].shape, isCore: isCore[index], isLed: true))
      given.append([node.outputs[0]: index])
      for output in node.outputs { lastWriter[output.buffer] = groups.count - 1 }
    case .elementwise, .sum:
      join(index, node)
    }
  }

  private mutating func join(_ index: Int, _ node: Node) {
    guard let (shape, inputs, output) = node.matrices else {
      preconditionFailure("an operation that is no chain's")
    }
    let places = inputs.compactMap(\.place)
    // The first group that comes after all that is read, and the last that holds some of it in registers.
    var first = barrier
    var giver: Int?
    for place in places {
      guard let writer = lastWriter[place.buffer] else { continue }
      if given[writer][place] != nil, groups[writer].shape == shape {
        first = max(first, writer)
        giver = max(giver ?? writer, writer)
      } else {
        first = max(first, writer + 1)
      }
    }
    var isSum = false
    if case .sum = node.kind { isSum = true }
    func admits(_ group: Int) -> Bool {
      let candidate = groups[group]
      return candidate.shape == shape && candidate.isCore == isCore[index]
        && candidate.members.count < Self.longest
        && candidate.loads.union(places).count <= 16
        && !(isSum && candidate.sumCount == 8)
    }
    var choice: Int?
    if let giver, giver >= first, admits(giver) {
      choice = giver
    } else if first < groups.count {
      choice = (first..<groups.count).last { !groups[$0].isLed && admits($0) }
    }
    if choice == nil {
      groups.append(Group(members: [], shape: shape, isCore: isCore[index]))
      given.append([:])
      choice = groups.count - 1
    }
    let group = choice!
    groups[group].members.append(index)
    for place in places where given[group][place] == nil { groups[group].loads.insert(place) }
    if isSum {
      groups[group].sumCount += 1
    } else {
      given[group][output] = index
    }
    lastWriter[output.buffer] = max(lastWriter[output.buffer] ?? group, group)
  }
}

extension Recording.Call {
  /// Whether it draws random numbers.
  var isRandom: Bool {
    arguments.contains { if case .other(let text) = $0 { text == "generator" } else { false } }
  }
}
