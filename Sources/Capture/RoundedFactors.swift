import CKernels
import Torch

/// Parameters and batches in bf16, for products that multiply by them in bf16: rounded once, and not by each product that
/// reads them.
///
/// The copy of a parameter that Adam moves stays from one run of the step to the next: Adam rounds what it moves. Others
/// are made anew in each run, after whatever may have changed what they are copies of.
struct RoundedFactors {
  /// A parameter with a copy that stays.
  struct Parameter {
    let moved: MovedParameter
    let copy: Place
  }

  /// The parameters with copies that stay, by their buffers.
  private(set) var parameters: [Int: Parameter] = [:]
  /// The parameters that may have such copies.
  private var candidates: [Int: MovedParameter] = [:]
  /// The copy of each other buffer, as long as the two agree.
  private var copies: [Int: (original: Place, copy: Place)] = [:]
  private let updates: [Int: AdamUpdate]

  /// Smaller factors, and those of few products, are rounded as they are read.
  private static let fewestElements = 4096
  private static let fewestMultiplications = 1 << 20

  private init(_ updates: [Int: AdamUpdate]) { self.updates = updates }

  /// Has products of the step read copies, which `HalfBuffers` makes bf16.
  ///
  /// - Parameter updates: Adam's updates, by their marks.
  static func add(to translation: inout Translation, _ updates: [Int: AdamUpdate]) -> RoundedFactors {
    var factors = RoundedFactors(updates)
    let nodes = translation.graph.nodes
    factors.findCandidates(nodes, &translation)
    translation.removeNodes()
    for node in nodes {
      var node = node
      if node.kind == .product { factors.replace(in: &node, &translation) }
      translation.append(node)
      factors.forget(after: node, &translation)
    }
    return factors
  }

  /// Parameters that one update of Adam moves and nothing else in the step.
  private mutating func findCandidates(_ nodes: [Node], _ translation: inout Translation) {
    let marks = nodes.compactMap { if case .mark(let mark) = $0.kind { mark } else { nil } }
    // What a host's act writes is not known.
    guard marks.allSatisfy({ updates[$0] != nil }) else { return }
    var moves: [Int: [MovedParameter]] = [:]
    for mark in marks {
      let update = updates[mark]!
      for read in update.parameters.indices {
        guard let value = translation.recording.value(of: update.value(read)) else { continue }
        moves[translation.place(of: value).buffer, default: []].append(
          MovedParameter(mark: mark, read: read))
      }
    }
    let written = Set(nodes.flatMap { $0.outputs.map(\.buffer) })
    candidates = moves.filter { $1.count == 1 && !written.contains($0) }.mapValues { $0[0] }
  }

  private mutating func replace(in node: inout Node, _ translation: inout Translation) {
    let output = node.outputs[0], depth = node.inputs[0].place!.shape[1]
    guard output.count * depth >= Self.fewestMultiplications, HalfBuffers.isWorthRounding(node) else {
      return
    }
    for position in 0..<2 {
      let place = node.inputs[position].place!
      guard !translation.graph.buffers[place.buffer].isOwn, place.count >= Self.fewestElements else {
        continue
      }
      let isTurned = !place.isDense
      let original = isTurned ? place.transposed : place
      guard original.isDense, HalfBuffers.isLongEnough(original) else { continue }
      let copy = self.copy(of: original, &translation)
      node.inputs[position] = .place(isTurned ? copy.transposed : copy)
    }
  }

  private mutating func copy(of original: Place, _ translation: inout Translation) -> Place {
    if let moved = candidates[original.buffer] {
      if let known = parameters[original.buffer] {
        if known.copy.shape == original.shape, original.offset == 0 { return known.copy }
      } else if original.offset == 0,
        original.count
          == translation.recording.value(of: updates[moved.mark]!.value(moved.read))?.shape
          .reduce(1, *)
      {
        let copy = translation.lasting(original.shape)
        parameters[original.buffer] = Parameter(moved: moved, copy: copy)
        return copy
      }
    }
    if let known = copies[original.buffer], known.original == original { return known.copy }
    let copy = translation.temporary(original.shape)
    translation.elementwise(CK_COPY, [.place(original)], to: copy)
    copies[original.buffer] = (original, copy)
    return copy
  }

  /// Copies of what a node writes, or may write, are no longer good.
  private mutating func forget(after node: Node, _ translation: inout Translation) {
    for output in node.outputs { copies[output.buffer] = nil }
    guard case .mark(let mark) = node.kind else { return }
    guard let update = updates[mark] else { return copies = [:] }
    for read in update.parameters.indices {
      if let value = translation.recording.value(of: update.value(read)) {
        copies[translation.place(of: value).buffer] = nil
      }
    }
  }
}
