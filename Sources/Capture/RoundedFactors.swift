import CKernels
import Torch

/// Parameters and batches in bf16, for products that multiply by them in bf16: rounded once, and not by each product that
/// reads them.
struct RoundedFactors {
  /// The copy of each buffer that is not the step's own, as long as the two agree.
  private var copies: [Int: (original: Place, copy: Place)] = [:]
  private let updates: [Int: AdamUpdate]

  /// Smaller factors, and those of few products, are rounded as they are read.
  private static let fewestElements = 4096
  private static let fewestMultiplications = 1 << 20

  private init(_ updates: [Int: AdamUpdate]) { self.updates = updates }

  /// Has products of the step read copies. They become bf16 where `HalfBuffers` finds that nothing else reads them.
  ///
  /// - Parameter updates: Adam's updates, by their marks.
  static func add(to translation: inout Translation, _ updates: [Int: AdamUpdate]) {
    var factors = RoundedFactors(updates)
    let nodes = translation.graph.nodes
    translation.removeNodes()
    for node in nodes {
      var node = node
      if node.kind == .product { factors.replace(in: &node, &translation) }
      translation.append(node)
      factors.forget(after: node, &translation)
    }
  }

  private mutating func replace(in node: inout Node, _ translation: inout Translation) {
    let output = node.outputs[0], depth = node.inputs[0].place!.shape[1]
    guard output.count * depth >= Self.fewestMultiplications else { return }
    for position in 0..<2 {
      let place = node.inputs[position].place!
      guard !translation.graph.buffers[place.buffer].isOwn, place.count >= Self.fewestElements else {
        continue
      }
      let isTurned = !place.isDense
      let original = isTurned ? place.transposed : place
      guard original.isDense, original.shape[1] % 2 == 0 else { continue }
      var known = copies[place.buffer]
      if known?.original != original {
        let copy = translation.temporary(original.shape)
        translation.elementwise(CK_COPY, [.place(original)], to: copy)
        known = (original, copy)
        copies[place.buffer] = known
      }
      node.inputs[position] = .place(isTurned ? known!.copy.transposed : known!.copy)
    }
  }

  /// Copies of what a node writes, or may write, are no longer good.
  private mutating func forget(after node: Node, _ translation: inout Translation) {
    for output in node.outputs { copies[output.buffer] = nil }
    guard case .mark(let mark) = node.kind else { return }
    guard let update = updates[mark] else { return copies = [:] }
    for index in update.parameters.indices {
      if let value = translation.recording.value(of: update.value(index)) {
        copies[translation.place(of: value).buffer] = nil
      }
    }
  }
}
