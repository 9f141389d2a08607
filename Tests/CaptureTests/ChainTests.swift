import CKernels
import ElboData
import Foundation
import Testing

/// Elementwise instructions against Foundation's functions in double precision, and sums against sums.
@Suite(.serialized) struct ChainTests {
  /// One instruction on two inputs of n numbers.
  private func run(_ operation: Int, _ x: [Float], _ y: [Float], k: Float = 0) -> [Float] {
    var (x, y) = (x, y)
    var result = [Float](repeating: .nan, count: x.count)
    let count = Int64(x.count)
    x.withUnsafeMutableBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        result.withUnsafeMutableBufferPointer { result in
          let loads = [
            ck_matrix(base: x.baseAddress!, row: count, column: 1, halves: false),
            ck_matrix(base: y.baseAddress!, row: count, column: 1, halves: false),
          ]
          let steps = [ck_instruction(operation: UInt8(operation), to: 2, a: 0, b: 1, c: 1, k: k)]
          let stores = [
            ck_store(
              matrix: ck_matrix(base: result.baseAddress!, row: count, column: 1, halves: false), from: 2)
          ]
          loads.withUnsafeBufferPointer { loads in
            steps.withUnsafeBufferPointer { steps in
              stores.withUnsafeBufferPointer { stores in
                var chain = ck_pointwise()
                (chain.rows, chain.columns) = (1, count)
                (chain.loads, chain.load_count) = (loads.baseAddress!, 2)
                (chain.instructions, chain.instruction_count) = (steps.baseAddress!, 1)
                (chain.stores, chain.store_count) = (stores.baseAddress!, 1)
                ck_run_pointwise(&chain)
              }
            }
          }
        }
      }
    }
    return result
  }

  static let functions: [(String, Int, ClosedRange<Float>, @Sendable (Double, Double) -> Double)] = [
    ("exp", CK_EXP, -80...80, { x, _ in exp(x) }), ("expm1", CK_EXPM1, -15...20, { x, _ in expm1(x) }),
    ("log", CK_LOG, 1e-6...1e6, { x, _ in log(x) }), ("log1p", CK_LOG1P, -0.9...1e3, { x, _ in log1p(x) }),
    ("sigmoid", CK_SIGMOID, -80...80, { x, _ in 1 / (1 + exp(-x)) }),
    ("tanh", CK_TANH, -12...12, { x, _ in tanh(x) }),
    ("softplus", CK_SOFTPLUS, -80...80, { x, _ in max(x, 0) + log1p(exp(-abs(x))) }),
    ("sqrt", CK_SQRT, 0...1e6, { x, _ in x.squareRoot() }),
    ("rsqrt", CK_RSQRT, 1e-3...1e6, { x, _ in 1 / x.squareRoot() }),
    ("elu", CK_ELU, -12...12, { x, _ in x > 0 ? x : expm1(x) }),
    ("cross entropy", CK_CROSS_ENTROPY, -20...20, { x, y in max(x, 0) - x * y + log1p(exp(-abs(x))) }),
    ("softplus backward", CK_SOFTPLUS_BACKWARD, -20...20, { x, y in x / (1 + exp(-y)) }),
    ("sigmoid backward", CK_SIGMOID_BACKWARD, -1...1, { x, y in x * y * (1 - y) }),
    ("tanh backward", CK_TANH_BACKWARD, -1...1, { x, y in x * (1 - y * y) }),
    ("division", CK_DIV, 1...20, { x, y in x / y }), ("difference", CK_SUB, -9...9, { x, y in x - y }),
  ]

  @Test(arguments: functions.indices, ["avx512", "avx2", "portable"])
  func functionsAreAsExactAsSinglePrecisionAllows(_ index: Int, _ set: String) {
    let own = ck_instruction_set()
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    let (name, operation, range, expected) = Self.functions[index]
    var random = SplitMix64(seed: 3)
    // Not a multiple of a vector: the rest has a way of its own.
    let x = (0..<4099).map { _ in Float.random(in: range, using: &random) }
    let y = (0..<4099).map { _ in Float.random(in: range, using: &random) }
    // Slopes at results have the constant 1.
    let found = run(operation, x, y, k: 1)
    for i in x.indices {
      let wanted = expected(Double(x[i]), Double(y[i]))
      let error = abs(Double(found[i]) - wanted)
      // Sums of terms of unlike sizes are exact to the larger term.
      let cancels = [CK_CROSS_ENTROPY, CK_TANH_BACKWARD, CK_SIGMOID_BACKWARD].contains(operation)
      let scale = max(abs(wanted), cancels ? abs(Double(x[i])) : 1e-3)
      #expect(error <= 6e-7 * scale, "\(name) at \(x[i]), \(y[i]): \(found[i]), not \(wanted)")
    }
  }

  @Test func edgesAreIEEE() {
    let infinity = Float.infinity
    let x: [Float] = [infinity, -infinity, .nan, 0, -0.0, 200, -200]
    #expect(run(CK_EXP, x, x)[0] == infinity && run(CK_EXP, x, x)[1] == 0 && run(CK_EXP, x, x)[2].isNaN)
    #expect(run(CK_EXP, x, x)[5] == infinity && run(CK_EXP, x, x)[6] == 0)
    #expect(
      run(CK_LOG, x, x)[0] == infinity && run(CK_LOG, x, x)[1].isNaN && run(CK_LOG, x, x)[3] == -infinity)
    #expect(run(CK_SIGMOID, x, x)[0] == 1 && run(CK_SIGMOID, x, x)[1] == 0 && run(CK_SIGMOID, x, x)[2].isNaN)
    #expect(run(CK_TANH, x, x)[0] == 1 && run(CK_TANH, x, x)[1] == -1 && run(CK_TANH, x, x)[2].isNaN)
    #expect(run(CK_SOFTPLUS, x, x)[5] == 200 && run(CK_SOFTPLUS, x, x)[2].isNaN)
    #expect(run(CK_RELU, x, x)[2].isNaN && run(CK_RELU, x, x)[1] == 0 && run(CK_RELU, x, x)[0] == infinity)
    #expect(run(CK_MAX_K, x, x, k: 1)[2].isNaN && run(CK_MIN_K, x, x, k: 1)[2].isNaN)
  }

  /// Sums of a [rows, columns] matrix, all ways at once.
  private func sums(_ rows: Int, _ columns: Int, _ values: [Float]) -> (Float, [Float], [Float]) {
    var values = values
    var all = [Float](repeating: .nan, count: 1)
    var overRows = [Float](repeating: .nan, count: columns)
    var overColumns = [Float](repeating: .nan, count: rows)
    values.withUnsafeMutableBufferPointer { values in
      all.withUnsafeMutableBufferPointer { all in
        overRows.withUnsafeMutableBufferPointer { overRows in
          overColumns.withUnsafeMutableBufferPointer { overColumns in
            let loads = [ck_matrix(base: values.baseAddress!, row: Int64(columns), column: 1, halves: false)]
            let sums = [
              ck_sum(
                to: all.baseAddress!, stride: 1, scale: 0.5, kind: Int32(CK_SUM_ALL), from: 0, run: 0,
                run_stride: 0),
              ck_sum(
                to: overRows.baseAddress!, stride: 1, scale: 2, kind: Int32(CK_SUM_OVER_ROWS), from: 0,
                run: 0, run_stride: 0),
              ck_sum(
                to: overColumns.baseAddress!, stride: 1, scale: 1, kind: Int32(CK_SUM_OVER_COLUMNS), from: 0,
                run: 0, run_stride: 0),
            ]
            loads.withUnsafeBufferPointer { loads in
              sums.withUnsafeBufferPointer { sums in
                var chain = ck_pointwise()
                (chain.rows, chain.columns) = (Int64(rows), Int64(columns))
                (chain.loads, chain.load_count) = (loads.baseAddress!, 1)
                (chain.sums, chain.sum_count) = (sums.baseAddress!, 3)
                let scratch = UnsafeMutablePointer<Float>.allocate(
                  capacity: Int(ck_pointwise_scratch(&chain)))
                chain.scratch = scratch
                ck_run_pointwise(&chain)
                scratch.deallocate()
              }
            }
          }
        }
      }
    }
    return (all[0], overRows, overColumns)
  }

  @Test(arguments: [
    (1, 1), (1, 5), (1, 20000), (7, 1), (513, 1), (500, 3), (64, 100), (100, 600), (3000, 17), (2, 9000),
  ]) func sumsAreSums(_ rows: Int, _ columns: Int) {
    var random = SplitMix64(seed: 5)
    let values = (0..<(rows * columns)).map { _ in Float.random(in: -1...1, using: &random) }
    func value(_ i: Int, _ j: Int) -> Double { Double(values[i * columns + j]) }
    ck_set_threads(2)
    let found = sums(rows, columns, values)
    let allowed = 1e-6 * Double(rows * columns).squareRoot() * 4
    let total = values.reduce(0) { $0 + Double($1) }
    #expect(abs(Double(found.0) - 0.5 * total) < allowed)
    for j in 0..<columns {
      let wanted = (0..<rows).reduce(0) { $0 + value($1, j) }
      #expect(abs(Double(found.1[j]) - 2 * wanted) < allowed)
    }
    for i in 0..<rows {
      let wanted = (0..<columns).reduce(0) { $0 + value(i, $1) }
      #expect(abs(Double(found.2[i]) - wanted) < allowed)
    }
    // The pieces, and so the rounding, do not depend on the threads.
    for threads in [1, 3] {
      ck_set_threads(Int32(threads))
      let again = sums(rows, columns, values)
      #expect(again.0 == found.0 && again.1 == found.1 && again.2 == found.2)
    }
    ck_set_threads(2)
  }

  /// How a matrix of the chain's shape lies: whole, one row for all, one number a row or for all, turned, in bf16.
  enum Lie: CaseIterable { case whole, row, column, number, turned, halves }

  /// z = (x + y) relu(y) of operands that lie in all ways, with its sums over the rows.
  @Test(arguments: Lie.allCases, Lie.allCases)
  func operandsLieInAnyWay(_ x: Lie, _ y: Lie) {
    for (rows, columns) in [(1, 40), (41, 200), (100, 18), (33, 1500), (70, 1), (48, 64)] {
      for result in [Lie.whole, .turned, .halves] {
        check(rows, columns, x, y, result)
      }
    }
  }

  private func check(_ rows: Int, _ columns: Int, _ x: Lie, _ y: Lie, _ result: Lie) {
    var random = SplitMix64(seed: 3)
    let count = rows * columns
    func strides(_ lie: Lie) -> (row: Int, column: Int) {
      switch lie {
      case .whole, .halves: (columns, 1)
      case .row: (0, 1)
      case .column: (1, 0)
      case .number: (0, 0)
      case .turned: (1, rows)
      }
    }
    func matrix(_ base: UnsafeMutablePointer<Float>, _ lie: Lie) -> ck_matrix {
      ck_matrix(
        base: base, row: Int64(strides(lie).row), column: Int64(strides(lie).column), halves: lie == .halves)
    }
    // Numbers that bf16 has.
    let numbers = [x, y].map { _ in (0..<count).map { _ in Float(Int.random(in: -100...100, using: &random)) }
    }
    func value(_ operand: Int, _ i: Int, _ j: Int) -> Float {
      let (row, column) = strides([x, y][operand])
      return numbers[operand][i * row + j * column]
    }
    func memory(_ values: [Float], _ lie: Lie) -> UnsafeMutablePointer<Float> {
      let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
      memory.initialize(from: values, count: count)
      if lie == .halves {
        memory.withMemoryRebound(to: UInt16.self, capacity: 2 * count) { halves in
          for (index, value) in values.enumerated() { halves[index] = UInt16(value.bitPattern >> 16) }
        }
      }
      return memory
    }
    let places = [
      memory(numbers[0], x), memory(numbers[1], y), memory([Float](repeating: .nan, count: count), .whole),
    ]
    let sums = UnsafeMutablePointer<Float>.allocate(capacity: columns)
    defer {
      for place in places + [sums] { place.deallocate() }
    }
    let instructions = [
      ck_instruction(operation: UInt8(CK_ADD), to: 2, a: 0, b: 1, c: 0, k: 0),
      ck_instruction(operation: UInt8(CK_RELU), to: 3, a: 1, b: 0, c: 0, k: 0),
      ck_instruction(operation: UInt8(CK_MUL), to: 4, a: 2, b: 3, c: 0, k: 0),
    ]
    let loads = [matrix(places[0], x), matrix(places[1], y)]
    let stores = [ck_store(matrix: matrix(places[2], result), from: 4)]
    let totals = [
      ck_sum(to: sums, stride: 1, scale: 1, kind: Int32(CK_SUM_OVER_ROWS), from: 4, run: 0, run_stride: 0)
    ]
    loads.withUnsafeBufferPointer { loads in
      instructions.withUnsafeBufferPointer { instructions in
        stores.withUnsafeBufferPointer { stores in
          totals.withUnsafeBufferPointer { totals in
            var chain = ck_pointwise()
            (chain.rows, chain.columns) = (Int64(rows), Int64(columns))
            (chain.loads, chain.load_count) = (loads.baseAddress!, 2)
            (chain.instructions, chain.instruction_count) = (instructions.baseAddress!, 3)
            (chain.stores, chain.store_count) = (stores.baseAddress!, 1)
            (chain.sums, chain.sum_count) = (totals.baseAddress!, 1)
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: Int(ck_pointwise_scratch(&chain)))
            defer { scratch.deallocate() }
            chain.scratch = scratch
            ck_set_threads(2)
            ck_run_pointwise(&chain)
          }
        }
      }
    }
    var wrong = 0
    for j in 0..<columns {
      var total = 0.0
      for i in 0..<rows {
        let wanted = (value(0, i, j) + value(1, i, j)) * max(0, value(1, i, j))
        let (row, column) = strides(result)
        let found =
          result == .halves
          ? places[2].withMemoryRebound(to: UInt16.self, capacity: 2 * count) {
            Float(bitPattern: UInt32($0[i * row + j * column]) << 16)
          } : places[2][i * row + j * column]
        if !(abs(found - wanted) <= (result == .halves ? abs(wanted) / 256 : 0)) { wrong += 1 }
        total += Double(wanted)
      }
      if abs(Double(sums[j]) - total) > 1e-6 * max(1, abs(total)) * 10 { wrong += 1 }
    }
    #expect(wrong == 0, "\(rows) x \(columns) to \(result)")
  }

  @Test func callsOfManyThreadsDoNotMix() async {
    ck_set_threads(2)
    let values = (0..<30000).map { Float($0 % 7) }
    let wanted = sums(30, 1000, values)
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<50).allSatisfy { _ in
            let found = sums(30, 1000, values)
            return found.0 == wanted.0 && found.1 == wanted.1 && found.2 == wanted.2
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
