import Torch

/// A parameter of an update, by the update's mark and the position of its gradient among what the mark reads.
struct MovedParameter: Hashable {
  let mark: Int
  let read: Int
}

/// Lets products that give gradients of large parameters move these as they give them: the gradient is in the cache
/// then, and is never written to memory.
struct MovedParameters {
  /// Smaller gradients are summed band by band, and all of their update finds room in the cache.
  private static let fewestElements = 8193

  /// - Parameters:
  ///   - updates: Adam's updates, by their marks.
  ///   - rounded: the parameters with copies that move with them.
  ///   - kept: what is read after the step.
  static func fuse(
    _ translation: inout Translation, _ updates: [Int: AdamUpdate], _ rounded: [RoundedFactors.Parameter],
    keeping kept: [Place]
  ) {
    for (mark, update) in updates.sorted(by: { $0.key < $1.key }) {
      for read in update.parameters.indices {
        let parameter = MovedParameter(mark: mark, read: read)
        let copy = rounded.first { $0.moved == parameter }?.copy
        guard let nodes = fused(&translation, updates, parameter, copy, kept) else { continue }
        translation.removeNodes()
        for node in nodes { translation.append(node) }
      }
    }
  }

  /// The step's nodes with this parameter moved by the product that gives its gradient; nil where that cannot be.
  private static func fused(
    _ translation: inout Translation, _ updates: [Int: AdamUpdate], _ parameter: MovedParameter,
    _ copy: Place?, _ kept: [Place]
  ) -> [Node]? {
    var nodes = translation.graph.nodes
    let update = updates[parameter.mark]!
    guard let end = nodes.firstIndex(where: { $0.kind == .mark(parameter.mark) }),
      let gradient = nodes[end].inputs[parameter.read].place, gradient.count >= fewestElements,
      translation.graph.buffers[gradient.buffer].isOwn,
      !kept.contains(where: { $0.buffer == gradient.buffer }),
      let value = translation.recording.value(of: update.value(parameter.read))
    else { return nil }
    let users = nodes.indices.filter { nodes[$0].touches(gradient.buffer) }
    guard users.count == 2, users[1] == end, nodes[users[0]].kind == .product,
      nodes[end].inputs.count(where: { $0.place?.buffer == gradient.buffer }) == 1
    else { return nil }
    var product = nodes[users[0]]
    let result = product.outputs[0], place = translation.place(of: value)
    guard result.isDense, result.offset == gradient.offset, result.shape.allSatisfy({ $0 > 8 }),
      result.count == gradient.count, place.isDense, place.count == gradient.count
    else { return nil }

    // The product comes after the last that needs the parameter as it was.
    let between = nodes[(users[0] + 1)..<end]
    guard
      between.allSatisfy({
        if case .mark(let other) = $0.kind { return updates[other] != nil }
        return true
      })
    else { return nil }
    let last =
      between.indices.last { index in
        nodes[index].touches(place.buffer) || copy.map { nodes[index].touches($0.buffer) } ?? false
      } ?? users[0]
    let factors = product.inputs.compactMap { $0.place?.buffer }
    guard
      nodes[(users[0] + 1)..<(last + 1)].allSatisfy({ node in
        // What a host's act writes is not known.
        if case .mark = node.kind { return false }
        return !node.outputs.contains { factors.contains($0.buffer) || $0.buffer == place.buffer }
      })
    else { return nil }
    product.moves = parameter
    product.outputs += [place] + (copy.map { [$0] } ?? [])
    nodes[end].inputs[parameter.read] = .constant(0)
    nodes.insert(product, at: last + 1)
    nodes.remove(at: users[0])
    return nodes
  }
}

extension Node {
  /// Whether it reads or writes a buffer.
  fileprivate func touches(_ buffer: Int) -> Bool {
    inputs.contains { $0.place?.buffer == buffer } || outputs.contains { $0.buffer == buffer }
  }
}
