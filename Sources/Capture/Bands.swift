import CKernels
import Torch

/// Groups that run one after another on some rows of a batch before they run on the next rows: what one of them
/// leaves is in the cache still when the next reads it, and threads meet once for all of them.
///
/// A group belongs to bands of `rows` rows where its operations go row by row, or sum over the rows: a product
/// whose left factor has those rows, one that sums over them as a weight's gradient does, a chain and its sums.
/// Sums over rows are of one band each at first.
struct Bands {
  let rows: Int
  private(set) var groups: [Group] = []
  /// Whether a group's product sums over the rows.
  private(set) var sumsRows: [Bool] = []
  /// The row stride of each buffer that is written or read row by row, and where its rows begin.
  private var strides: [Int: [Int]] = [:]
  private var written: Set<Int> = []
  /// Buffers of others that are read row by row.
  private var readByRow: Set<Int> = []
  /// Buffers that are read as a whole.
  private var readWhole: Set<Int> = []
  /// Sums over rows and what is made of them, known after all bands only.
  private var summed: Set<Int> = []
  /// Buffers of others that are read after all bands.
  private var readLate: Set<Int> = []

  /// Bands of fewer rows in all are not worth it.
  private static let fewest = 64
  /// Of fewer rows weights' gradients are not worth being summed band by band.
  private static let fewestSummed = 128
  /// How many groups are worth the factors that bands lay out and the sums that they leave.
  var fewestGroups: Int { rows < Self.fewestSummed ? 4 : 2 }
  /// The rows of a band, about, where there are enough of them.
  private static let longest = 125
  /// The most multiplications of a product that goes by bands.
  private static let largestProduct = 8_000_000
  /// The largest number of elements that are summed band by band.
  private static let largestSum = 8192

  init(rows: Int) { self.rows = rows }

  /// The numbers of rows by which a group could go.
  static func rows(of group: Group, in graph: Graph) -> [Int] {
    guard let shape = group.shape else { return [] }
    let first = graph.nodes[group.members[0]]
    guard group.isLed else { return shape[0] >= fewest ? [shape[0]] : [] }
    // Large products fill all threads by themselves, and their right factors the caches.
    guard first.kind == .product, first.inputs[0].place!.count * shape[1] <= Self.largestProduct else {
      return []
    }
    return [shape[0], first.inputs[0].place!.shape[1]].filter { $0 >= fewest }
  }

  /// Takes a group in if it goes by these rows and finds what it reads in its own.
  mutating func take(_ group: Group, in graph: Graph) -> Bool {
    let first = graph.nodes[group.members[0]]
    guard Self.rows(of: group, in: graph).contains(rows) else { return false }
    var trial = self
    if group.isLed {
      if first.outputs[0].shape[0] == rows, trial.admitsByRow(group, graph) {
        trial.sumsRows.append(false)
      } else {
        trial = self
        guard rows >= Self.fewestSummed, trial.admitsSum(first),
          trial.admitsLate(group.members.dropFirst(), graph)
        else { return false }
        trial.sumsRows.append(true)
      }
    } else {
      guard group.shape?[0] == rows, trial.admitsByRow(group, graph) else { return false }
      trial.sumsRows.append(false)
    }
    trial.groups.append(group)
    self = trial
    return true
  }

  private mutating func admitsByRow(_ group: Group, _ graph: Graph) -> Bool {
    for member in group.members {
      let node = graph.nodes[member]
      if node.kind == .product {
        let a = node.inputs[0].place!, b = node.inputs[1].place!
        // A right factor that is large beside the rows is better divided among threads by its columns.
        // And one whose rows run across memory is the slope of a factor, not a batch.
        guard a.strides[1] <= 1, b.count <= rows * (a.shape[1] + b.shape[1]), reads(a), readsWhole(b),
          writes(node.outputs[0])
        else { return false }
        continue
      }
      guard let (shape, inputs, output) = node.matrices, shape[0] == rows else { return false }
      for case .place(let place) in inputs {
        // What the group itself computes stays in registers.
        let isWithin = group.members.contains { graph.nodes[$0].outputs.first?.buffer == place.buffer }
        guard isWithin || (place.strides[0] == 0 ? readsWhole(place) : reads(place)) else { return false }
      }
      if case .sum(let kind, _) = node.kind {
        if kind == Int32(CK_SUM_OVER_COLUMNS) {
          let column = Place(buffer: output.buffer, offset: output.offset, shape: [rows], strides: [1])
          guard writes(column) else { return false }
        } else {
          guard sums(output) else { return false }
        }
      } else {
        guard writes(output) else { return false }
      }
    }
    return true
  }

  private mutating func admitsSum(_ node: Node) -> Bool {
    let a = node.inputs[0].place!, b = node.inputs[1].place!, c = node.outputs[0]
    guard a.shape[1] == rows, c.count <= Self.largestSum, c.isDense || c.transposed.isDense else {
      return false
    }
    return reads(a.transposed) && reads(b) && sums(c)
  }

  /// What follows a sum over the rows: it runs after all bands, whatever its place was.
  private mutating func admitsLate(_ members: ArraySlice<Int>, _ graph: Graph) -> Bool {
    let nodes = members.map { graph.nodes[$0] }
    readLate.formUnion(nodes.flatMap { $0.inputs.compactMap { $0.place?.buffer } })
    let results = Set(nodes.flatMap { $0.outputs.map(\.buffer) })
    guard results.isDisjoint(with: readByRow), results.isDisjoint(with: readWhole),
      results.isDisjoint(with: written)
    else { return false }
    summed.formUnion(results)
    return true
  }

  // MARK: Buffers

  /// Where rows begin: their stride, and the row of the first.
  private func layout(_ place: Place) -> [Int]? {
    guard let stride = place.strides.first, stride > 0 else { return nil }
    return [stride, place.offset / stride]
  }

  private mutating func agrees(_ place: Place) -> Bool {
    guard let layout = layout(place) else { return false }
    if let known = strides[place.buffer] { return known == layout }
    strides[place.buffer] = layout
    return true
  }

  private mutating func reads(_ place: Place) -> Bool {
    guard !summed.contains(place.buffer) else { return false }
    guard !written.contains(place.buffer) else { return agrees(place) }
    readByRow.insert(place.buffer)
    return true
  }

  private mutating func readsWhole(_ place: Place) -> Bool {
    guard !written.contains(place.buffer), !summed.contains(place.buffer) else { return false }
    readWhole.insert(place.buffer)
    return true
  }

  private mutating func writes(_ place: Place) -> Bool {
    guard !readByRow.contains(place.buffer), !readWhole.contains(place.buffer),
      !readLate.contains(place.buffer), !summed.contains(place.buffer), agrees(place)
    else { return false }
    written.insert(place.buffer)
    return true
  }

  private mutating func sums(_ place: Place) -> Bool {
    guard !readByRow.contains(place.buffer), !readWhole.contains(place.buffer),
      !readLate.contains(place.buffer), !written.contains(place.buffer), !summed.contains(place.buffer)
    else { return false }
    summed.insert(place.buffer)
    return true
  }

  // MARK: Lanes

  /// What the bands amount to: lanes that lay out factors for all of them, their own lanes, those that add the bands' sums, and what is left of groups whose sums
  /// something followed.
  ///
  /// - Parameter isPrivate: whether nothing but these groups uses a buffer. Then each band has one of its own, as
  ///   small as its rows, and of several whose lives do not meet one.
  func lanes(
    in graph: inout Graph, isPrivate: (Int) -> Bool
  ) -> (factors: [[Group]], bands: [[Group]], sums: [[Group]], rest: [Group]) {
    // Each band costs its calls and its sums; a multiple of 4 suits few threads.
    let count = max(4, min(16, (rows / Self.longest + 2) / 4 * 4))
    var bands = [[Group]](repeating: [], count: count)
    var factors: [[Group]] = []
    var panels: [Place: Place] = [:]
    var sums: [[Group]] = []
    var rest: [Group] = []
    // Of slim products the kernels compute the transposed: it is turned when the bands' are added.
    func isTurned(_ place: Place, _ node: Node) -> Bool {
      node.kind == .product && place.isDense && place.shape[1] < 32 && place.shape[0] > place.shape[1]
    }
    func partial(_ place: Place, of node: Node, _ graph: inout Graph) -> Place {
      let length = place.count
      graph.buffers.append(
        Graph.Buffer(storage: nil, byteCount: 4 * length * count, isOwn: true, constant: nil, examples: nil))
      let partials = Place(buffer: graph.buffers.count - 1, shape: [count, length])
      let whole =
        isTurned(place, node)
        ? place.transposed
        : Place(buffer: place.buffer, offset: place.offset, shape: [length], strides: [1])
      graph.nodes.append(
        Node(kind: .sum(Int32(CK_SUM_OVER_ROWS), scale: 1), inputs: [.place(partials)], outputs: [whole]))
      var group = Group(members: [graph.nodes.count - 1], shape: [count, length])
      group.sumCount = 1
      group.loads = [partials]
      sums.append([group])
      return partials
    }
    // What follows a sum over rows comes after the bands.
    let late = zip(groups, sumsRows).filter(\.1).flatMap { $0.0.members.dropFirst() }
    let usedLate = Set(late.flatMap { graph.nodes[$0].inputs.compactMap { $0.place?.buffer } })
    var own = [[Int: Int]](repeating: [:], count: count)
    for buffer in written.sorted() where !usedLate.contains(buffer) && isPrivate(buffer) {
      guard let layout = strides[buffer], layout[1] == 0, graph.buffers[buffer].isOwn,
        graph.buffers[buffer].byteCount == 4 * layout[0] * rows, graph.buffers[buffer].constant == nil
      else { continue }
      for index in 0..<count {
        let band = rows * index / count..<rows * (index + 1) / count
        graph.buffers.append(
          Graph.Buffer(
            storage: nil, byteCount: 4 * layout[0] * band.count, isOwn: true, constant: nil, examples: nil))
        own[index][buffer] = graph.buffers.count - 1
      }
    }
    for (group, sumsRows) in zip(groups, sumsRows) {
      var partials: [Int: Place] = [:]
      if !sumsRows, group.isLed, let factor = laidOut(group, &graph, &panels, &factors) {
        graph.nodes[group.members[0]].inputs.append(.place(factor))
      }
      for member in group.members {
        let node = graph.nodes[member]
        if sumsRows ? node.kind == .product : node.sumsOverRows {
          partials[member] = partial(node.outputs[0], of: node, &graph)
        }
      }
      for index in 0..<count {
        let band = rows * index / count..<rows * (index + 1) / count
        var members: [Int] = []
        for member in sumsRows ? [group.members[0]] : group.members {
          let part = partials[member].map { place in
            let length = place.shape[1]
            var output = graph.nodes[member].outputs[0]
            if isTurned(output, graph.nodes[member]) { output.strides = [1, output.shape[0]] }
            (output.buffer, output.offset) = (place.buffer, index * length)
            return output
          }
          var node = graph.nodes[member].on(band, sumsDepth: sumsRows, partial: part)
          func local(_ place: Place) -> Place {
            guard let buffer = own[index][place.buffer] else { return place }
            let offset = place.offset - band.lowerBound * strides[place.buffer]![0]
            return Place(buffer: buffer, offset: offset, shape: place.shape, strides: place.strides)
          }
          node.inputs = node.inputs.map { $0.place.map { .place(local($0)) } ?? $0 }
          node.outputs = node.outputs.map(local)
          graph.nodes.append(node)
          members.append(graph.nodes.count - 1)
        }
        var lane = group
        lane.loads = Set(
          group.loads.map { place in
            guard let buffer = own[index][place.buffer] else { return place }
            return Place(buffer: buffer, offset: 0, shape: place.shape, strides: place.strides)
          })
        lane.members = members
        if sumsRows {
          lane.shape = graph.nodes[members[0]].outputs[0].shape
          lane.loads = []
          lane.sumCount = 0
        } else {
          lane.shape![0] = band.count
        }
        bands[index].append(lane)
      }
      if sumsRows, group.members.count > 1 {
        var after = group
        after.members.removeFirst()
        after.isLed = false
        after.loads.insert(graph.nodes[group.members[0]].outputs[0])
        rest.append(after)
      }
    }
    return (factors, bands, sums, rest)
  }
}

extension Bands {
  /// A product's right factor in panels, where every band would otherwise turn it.
  private func laidOut(
    _ group: Group, _ graph: inout Graph, _ panels: inout [Place: Place], _ factors: inout [[Group]]
  ) -> Place? {
    let factor = graph.nodes[group.members[0]].inputs[1].place!
    guard factor.strides[1] != 1, factor.shape[1] >= 32 else { return nil }
    if let known = panels[factor] { return known }
    let count = Int(ck_panels(Int64(factor.shape[0]), Int64(factor.shape[1])))
    graph.buffers.append(
      Graph.Buffer(storage: nil, byteCount: 4 * count, isOwn: true, constant: nil, examples: nil))
    let place = Place(buffer: graph.buffers.count - 1, shape: [1, count])
    graph.nodes.append(Node(kind: .panels, inputs: [.place(factor)], outputs: [place]))
    factors.append([Group(members: [graph.nodes.count - 1], shape: place.shape, isLed: true)])
    panels[factor] = place
    return place
  }
}

extension Node {
  /// Whether it is a sum that goes over rows.
  fileprivate var sumsOverRows: Bool {
    if case .sum(let kind, _) = kind { kind != Int32(CK_SUM_OVER_COLUMNS) } else { false }
  }

  /// The operation on some rows only, or of a product's sums the part over these rows.
  fileprivate func on(_ band: Range<Int>, sumsDepth: Bool, partial: Place?) -> Node {
    var node = self
    func rows(_ place: Place) -> Place {
      var place = place
      place.shape[0] = band.count
      place.offset += band.lowerBound * place.strides[0]
      return Place(buffer: place.buffer, offset: place.offset, shape: place.shape, strides: place.strides)
    }
    if kind == .product {
      let a = inputs[0].place!, b = inputs[1].place!
      if sumsDepth {
        node.inputs = [.place(rows(a.transposed).transposed), .place(rows(b))]
        node.outputs = [partial!]
      } else {
        node.inputs[0] = .place(rows(a))
        node.outputs = [rows(outputs[0])]
      }
      return node
    }
    let (_, inputs, output) = matrices!
    node.inputs = inputs.map { $0.place.map { .place(rows($0)) } ?? $0 }
    if case .sum(let kind, _) = kind, kind == Int32(CK_SUM_OVER_COLUMNS) {
      node.outputs = [
        Place(
          buffer: output.buffer, offset: output.offset + band.lowerBound, shape: [band.count], strides: [1])
      ]
    } else {
      node.outputs = [partial ?? rows(output)]
    }
    return node
  }
}
