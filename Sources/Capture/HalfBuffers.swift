import Torch

/// Which of a step's values are kept in bf16 where products multiply in bf16: those that products read as factors, where
/// all else that reads and writes them can.
struct HalfBuffers {
  private let graph: Graph
  private var isFactor: Set<Int> = []
  private var isUnfit: Set<Int> = []

  /// Products of this depth are worth rounding for, and rows of so many columns; the kernels have the same limit.
  private static let least = 16

  private init(_ graph: Graph) { self.graph = graph }

  /// The buffers of a schedule's graph that are to be in bf16.
  ///
  /// - Parameter kept: what is read after the step.
  static func choose(_ schedule: Schedule, keeping kept: [Place]) -> Set<Int> {
    var choice = HalfBuffers(schedule.graph)
    choice.isUnfit = Set(kept.map(\.buffer))
    for group in schedule.items.flatMap({ $0.lanes.flatMap { $0 } + ($0.beside.map { [$0] } ?? []) }) {
      for member in group.members { choice.look(at: schedule.graph.nodes[member]) }
    }
    return choice.isFactor.subtracting(choice.isUnfit)
  }

  private mutating func look(at node: Node) {
    switch node.kind {
    case .product:
      for factor in node.inputs.compactMap(\.place) {
        if !isFit(factor) && !isFit(factor.transposed) {
          isUnfit.insert(factor.buffer)
        } else if Self.isWorthRounding(node) {
          isFactor.insert(factor.buffer)
        }
      }
      // Where a parameter is moved nothing is written that is rounded.
      for output in node.outputs where !isFit(output) { isUnfit.insert(output.buffer) }
    case .panels:
      let factor = node.inputs[0].place!
      if !isFit(factor) && !isFit(factor.transposed) { isUnfit.insert(factor.buffer) }
      isUnfit.formUnion(node.outputs.map(\.buffer))
    case .elementwise:
      guard let (_, inputs, output) = node.matrices else { return }
      for place in inputs.compactMap(\.place) + [output] where !isFit(place) { isUnfit.insert(place.buffer) }
    case .sum:
      if let place = node.inputs[0].place, !isFit(place) { isUnfit.insert(place.buffer) }
      isUnfit.formUnion(node.outputs.map(\.buffer))
    default:
      isUnfit.formUnion(node.inputs.compactMap { $0.place?.buffer } + node.outputs.map(\.buffer))
    }
  }

  /// Whether a product's factors may as well be rounded.
  static func isWorthRounding(_ product: Node) -> Bool {
    product.inputs[0].place!.shape[1] >= least && product.inputs[1].place!.shape[1] >= least
  }

  /// Whether a matrix's rows can consist of slots of two numbers.
  static func isLongEnough(_ place: Place) -> Bool {
    place.shape.count == 2 && place.shape[0] > 1 && place.shape[1] >= least && place.shape[1] % 2 == 0
  }

  /// Whether a place's rows are dense, and begin where slots do.
  private func isFit(_ place: Place) -> Bool {
    let buffer = graph.buffers[place.buffer]
    return buffer.isOwn && buffer.constant == nil && Self.isLongEnough(place) && place.offset % 2 == 0
      && place.strides[1] == 1 && place.strides[0] % 2 == 0 && place.strides[0] > 0
  }
}
