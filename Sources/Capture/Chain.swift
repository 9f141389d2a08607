import CKernels
import Torch

/// The instructions of a group's elementwise part.
struct Chain {
  var shape: Shape
  var loads: [Place] = []
  var instructions: [ck_instruction] = []
  var stores: [(place: Place, register: Int32)] = []
  var sums: [(place: Place, kind: Int32, scale: Float, register: Int32)] = []
  /// The store that may take the product's place, since nothing reads the product after it is computed.
  var replacesProduct: Int?

  /// - Parameters:
  ///   - product: the place of the product that the chain follows, its first load.
  ///   - isStored: whether a place's elements are needed in memory.
  init(_ nodes: [Node], shape: Shape, product: Place?, isStored: (Place) -> Bool) {
    self.shape = shape
    if let product { loads.append(product) }
    var values: [Place: Int] = [:]
    var steps: [Step] = []
    var sumsOfValues: [(Place, Int32, Float, Value)] = []
    var storesOfValues: [(Place, Int)] = []

    func value(_ operand: Operand) -> Value {
      switch operand {
      case .constant(let number):
        steps.append(Step(operation: Int32(CK_FILL), k: number, inputs: []))
        return .step(steps.count - 1)
      case .place(let place):
        if let step = values[place] { return .step(step) }
        if let load = loads.firstIndex(of: place) { return .load(load) }
        loads.append(place)
        return .load(loads.count - 1)
      }
    }

    for node in nodes {
      let (_, inputs, output) = node.matrices!
      switch node.kind {
      case .sum(let kind, let scale):
        sumsOfValues.append((output, kind, scale, value(inputs[0])))
      case .elementwise(let operation, let k):
        let simple = Self.simplified(operation, k, inputs)
        let step = Step(operation: simple.operation, k: simple.k, inputs: simple.inputs.map(value))
        steps.append(step)
        values[output] = steps.count - 1
        if isStored(output) { storesOfValues.append((output, steps.count - 1)) }
      default: preconditionFailure("a product within a chain")
      }
    }
    allocate(steps, storesOfValues, sumsOfValues)
    // A product's chain keeps the shape of its pieces.
    if product == nil { flatten() }
  }

  private enum Value: Hashable {
    case load(Int)
    case step(Int)
  }

  private struct Step {
    var operation: Int32
    var k: Float
    var inputs: [Value]
  }

  /// Operations with a number for all elements have instructions of their own.
  private static func simplified(
    _ operation: Int32, _ k: Float, _ inputs: [Operand]
  ) -> (operation: Int32, k: Float, inputs: [Operand]) {
    guard inputs.count == 2 else { return (operation, k, inputs) }
    switch (Int(operation), inputs[0], inputs[1]) {
    case (CK_ADD, .place, .constant(let c)), (CK_ADD, .constant(let c), .place):
      return (Int32(CK_ADD_K), c, inputs.filter { $0.place != nil })
    case (CK_MUL, .place, .constant(let c)), (CK_MUL, .constant(let c), .place):
      return (Int32(CK_MUL_K), c, inputs.filter { $0.place != nil })
    case (CK_SUB, .place, .constant(let c)): return (Int32(CK_ADD_K), -c, [inputs[0]])
    case (CK_SUB, .constant(let c), .place): return (Int32(CK_RSUB_K), c, [inputs[1]])
    case (CK_DIV, .place, .constant(let c)): return (Int32(CK_MUL_K), 1 / c, [inputs[0]])
    case (CK_DIV, .constant(let c), .place): return (Int32(CK_RDIV_K), c, [inputs[1]])
    default: return (operation, k, inputs)
    }
  }

  /// Gives every step a register, and takes it back after its last use.
  private mutating func allocate(
    _ steps: [Step], _ stores: [(Place, Int)], _ sums: [(Place, Int32, Float, Value)]
  ) {
    var lastUse = [Int](repeating: -1, count: steps.count)
    for (index, step) in steps.enumerated() {
      for case .step(let input) in step.inputs { lastUse[input] = index }
    }
    for (_, step) in stores { lastUse[step] = steps.count }
    for case (_, _, _, .step(let step)) in sums { lastUse[step] = steps.count }
    var free = (loads.count..<Int(CK_REGISTERS)).reversed().map { $0 }
    let isStored = Set(stores.map(\.1))
    var registers = [Int](repeating: 0, count: steps.count)
    func register(_ value: Value) -> UInt8 {
      switch value {
      case .load(let load): UInt8(load)
      case .step(let step): UInt8(registers[step])
      }
    }
    for (index, step) in steps.enumerated() {
      // What is stored may be computed where it goes: no other value passes through its register before it.
      let next = isStored.contains(index) ? free.indices.first.map { free.remove(at: $0) } : free.popLast()
      guard let to = next else { preconditionFailure("a chain with too many values") }
      registers[index] = to
      let inputs = step.inputs.map(register)
      instructions.append(
        ck_instruction(
          operation: UInt8(step.operation), to: UInt8(to), a: inputs.first ?? 0,
          b: inputs.count > 1 ? inputs[1] : 0, c: inputs.count > 2 ? inputs[2] : 0, k: step.k))
      for case .step(let input) in Set(step.inputs) where lastUse[input] == index {
        free.append(registers[input])
      }
      if lastUse[index] < 0 { free.append(to) }
    }
    let lastRead = steps.lastIndex { $0.inputs.contains(.load(0)) } ?? -1
    let isSummed = sums.contains { $0.3 == .load(0) }
    replacesProduct = isSummed ? nil : stores.firstIndex { $0.1 >= lastRead }
    self.stores = stores.map { ($0.0, Int32(registers[$0.1])) }
    self.sums = sums.map { ($0.0, $0.1, $0.2, Int32(register($0.3))) }
  }

  /// One long row where every matrix lies densely or is one number: rows cost, and small ones cost most.
  private mutating func flatten() {
    guard sums.allSatisfy({ $0.kind == Int32(CK_SUM_ALL) }), shape[0] > 1 else { return }
    func flat(_ place: Place) -> Place? {
      var flat = place
      flat.shape = [1, shape[0] * shape[1]]
      if place.strides == [0, 0] {
        flat.strides = [0, 0]
      } else if place.isDense {
        flat.strides = [0, 1]
      } else {
        return nil
      }
      return flat
    }
    let flatLoads = loads.compactMap(flat), flatStores = stores.compactMap { flat($0.place) }
    guard flatLoads.count == loads.count, flatStores.count == stores.count else { return }
    loads = flatLoads
    for index in stores.indices { stores[index].place = flatStores[index] }
    shape = [1, shape[0] * shape[1]]
  }
}
