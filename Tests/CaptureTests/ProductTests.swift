import CKernels
import ElboData
import EmulatedTiles
import Foundation
import Testing

/// Products of all shapes and layouts against sums in double precision, on every instruction set that is here.
@Suite(.serialized) struct ProductTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var rows: Int, columns: Int, depth: Int
    var aTransposed = false, bTransposed = false, cTransposed = false
    var testDescription: String {
      "\(rows)x\(columns)x\(depth)\(aTransposed ? " a^T" : "")\(bTransposed ? " b^T" : "")\(cTransposed ? " c^T" : "")"
    }
  }

  /// All sets; those that this machine lacks are passed over.
  static let sets = ["amx", "avx512bf16", "avx512", "avx2", "portable"]

  static let cases: [Case] = {
    var cases: [Case] = []
    // Around the sizes of strips, panels and blocks, and the slim ones that have ways of their own.
    let sizes = [
      (1, 1, 2), (1, 256, 512), (2, 7, 40), (14, 32, 16), (15, 33, 17), (29, 64, 100), (64, 200, 128),
      (200, 2, 64), (500, 4, 33), (37, 45, 2000), (130, 8, 250), (3, 100, 1600), (100, 5, 7), (33, 17, 300),
    ]
    for (rows, columns, depth) in sizes {
      for layout in 0..<4 {
        cases.append(
          Case(
            rows: rows, columns: columns, depth: depth, aTransposed: layout & 1 != 0,
            bTransposed: layout & 2 != 0))
      }
    }
    // Wide enough for pieces to copy panels of their own, with rows dense and not.
    cases.append(Case(rows: 70, columns: 530, depth: 270))
    cases.append(Case(rows: 70, columns: 530, depth: 270, aTransposed: true))
    // A depth that is long beside the rows is halved: with panels copied, and without.
    cases.append(Case(rows: 50, columns: 150, depth: 270))
    cases.append(Case(rows: 37, columns: 144, depth: 161))
    cases.append(Case(rows: 40, columns: 70, depth: 30, cTransposed: true))
    // More slots than are multiplied at a time.
    cases.append(Case(rows: 20, columns: 40, depth: 3500))
    cases.append(Case(rows: 300, columns: 6, depth: 64, cTransposed: true))
    // Even sizes, whose slots are read where they lie: large enough for each thread to copy the right factor, and for
    // pieces to.
    for layout in 0..<4 {
      cases.append(
        Case(
          rows: 190, columns: 98, depth: 70, aTransposed: layout & 1 != 0, bTransposed: layout & 2 != 0))
    }
    cases.append(Case(rows: 50, columns: 200, depth: 46, bTransposed: true))
    // Few rows, which have kernels of their own.
    for (rows, columns) in [(1, 200), (1, 40), (2, 72), (2, 200), (3, 90)] {
      cases.append(Case(rows: rows, columns: columns, depth: 60))
      cases.append(Case(rows: rows, columns: columns, depth: 60, aTransposed: true))
    }
    return cases
  }()

  /// The matrices of a product that lie in memory as bf16.
  struct Stored: OptionSet {
    let rawValue: Int
    static let a = Stored(rawValue: 1), b = Stored(rawValue: 2), c = Stored(rawValue: 4)
    static let mask = Stored(rawValue: 8)
  }

  /// The worst error of a product's numbers, and of their sums over rows where these are wanted.
  ///
  /// - Parameters:
  ///   - stored: what is in memory as bf16, if its lines are long enough for that.
  ///   - laidOut: whether the right factor comes in panels.
  ///   - emulated: whether the kernels of tiles run, on emulated ones.
  private static func run(
    _ shape: Case, bias: Bool, activation: Int, mask: Bool, sums: Bool = false, halves: Bool = false,
    stored: Stored = [], laidOut: Bool = false, emulated: Bool = false
  ) -> Double {
    let (rows, columns, depth) = (shape.rows, shape.columns, shape.depth)
    var random = SplitMix64(seed: 7)
    var a = (0..<(rows * depth)).map { _ in Float.random(in: -1...1, using: &random) }
    var b = (0..<(depth * columns)).map { _ in Float.random(in: -1...1, using: &random) }
    // Its lines lie apart, and what is between them is nobody's.
    let gap = 20, line = (shape.cTransposed ? rows : columns) + gap
    let lines = shape.cTransposed ? columns : rows
    var c = [Float](repeating: Self.untouched, count: lines * line)
    var biases = (0..<columns).map { _ in Float.random(in: -1...1, using: &random) }
    var masks = (0..<(rows * columns)).map { _ in Float.random(in: -1...1, using: &random) }
    var totals = [Float](repeating: .nan, count: columns)
    let isLong = (
      a: (shape.aTransposed ? rows : depth) % 2 == 0, b: (shape.bTransposed ? depth : columns) % 2 == 0,
      c: columns % 2 == 0
    )
    var stored = stored
    if !isLong.a { stored.remove(.a) }
    if !isLong.b { stored.remove(.b) }
    if !isLong.c || shape.cTransposed { stored.remove(.c) }
    if !isLong.c { stored.remove(.mask) }
    if stored.contains(.a) { Self.store(&a) }
    if stored.contains(.b) { Self.store(&b) }
    if stored.contains(.mask) { Self.store(&masks) }
    let slope: Float = activation == CK_LEAKY_RELU || mask ? 0.2 : 0
    func layout(
      _ base: UnsafeMutablePointer<Float>, _ rows: Int, _ columns: Int, _ turned: Bool, _ what: Stored
    ) -> ck_matrix {
      ck_matrix(
        base: base, row: Int64(turned ? 1 : columns), column: Int64(turned ? rows : 1),
        halves: stored.contains(what))
    }
    a.withUnsafeMutableBufferPointer { a in
      b.withUnsafeMutableBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          biases.withUnsafeMutableBufferPointer { biases in
            masks.withUnsafeMutableBufferPointer { masks in
              totals.withUnsafeMutableBufferPointer { totals in
                var product = ck_product()
                (product.rows, product.columns, product.depth) = (Int64(rows), Int64(columns), Int64(depth))
                product.a = layout(a.baseAddress!, rows, depth, shape.aTransposed, .a)
                product.b = layout(b.baseAddress!, depth, columns, shape.bTransposed, .b)
                product.c = layout(c.baseAddress!, rows, columns, shape.cTransposed, .c)
                if shape.cTransposed { product.c.column = Int64(line) } else { product.c.row = Int64(line) }
                product.finish.activation = Int32(activation)
                product.finish.k = slope
                product.halves = halves
                if bias { product.finish.bias = UnsafePointer(biases.baseAddress!) }
                if mask { product.finish.mask = layout(masks.baseAddress!, rows, columns, false, .mask) }
                if sums {
                  product.finish.sums = totals.baseAddress
                  product.finish.sums_scale = 0.5
                }
                let panels = (emulated ? emulated_panels : ck_panels)(product.depth, product.columns)
                var room = [Float](repeating: .nan, count: laidOut ? Int(panels) : 0)
                room.withUnsafeMutableBufferPointer { room in
                  if laidOut {
                    product.panels = room.baseAddress
                    (emulated ? emulated_pack_panels : ck_pack_panels)(&product)
                  }
                  let count = (emulated ? emulated_product_scratch : ck_product_scratch)(&product)
                  let scratch = UnsafeMutablePointer<Float>.allocate(capacity: Int(count))
                  defer { scratch.deallocate() }
                  scratch.update(repeating: .nan, count: Int(count))
                  product.scratch = scratch
                  (emulated ? emulated_run_product : ck_run_product)(&product)
                }
              }
            }
          }
        }
      }
    }
    if stored.contains(.a) { Self.load(&a) }
    if stored.contains(.b) { Self.load(&b) }
    if stored.contains(.c) {
      // In half of its memory.
      let rest = c[(lines * line / 2)...]
      if !rest.allSatisfy({ $0 == Self.untouched }) { return .infinity }
      Self.load(&c)
    }
    if stored.contains(.mask) { Self.load(&masks) }
    // Products of few columns are not rounded, nor those of little depth.
    let isNarrow =
      !laidOut && !sums && !stored.contains(.c) && columns <= 8 && depth >= 32 && rows > columns
      && !shape.aTransposed
    if halves && !isNarrow && depth >= 16 {
      a = a.map(Self.rounded)
      b = b.map(Self.rounded)
    }
    var worst = 0.0
    let between: Float =
      stored.contains(.c) ? Float(bitPattern: Self.untouched.bitPattern & 0xFFFF_0000) : Self.untouched
    for i in 0..<lines {
      let gaps = c[(i * line + line - gap)..<(i * line + line)]
      if !gaps.allSatisfy({ $0 == between }) { return .infinity }
    }
    var wanted = [Double](repeating: 0, count: columns)
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = 0.0
        for k in 0..<depth {
          sum +=
            Double(shape.aTransposed ? a[k * rows + i] : a[i * depth + k])
            * Double(shape.bTransposed ? b[j * depth + k] : b[k * columns + j])
        }
        if bias { sum += Double(biases[j]) }
        if activation == CK_RELU { sum = max(0, sum) }
        if activation == CK_LEAKY_RELU, sum < 0 { sum *= Double(slope) }
        if mask, masks[i * columns + j] <= 0 { sum *= Double(slope) }
        let found = Double(shape.cTransposed ? c[j * line + i] : c[i * line + j])
        // What is stored is rounded once more, to 8 bits.
        let rounding = stored.contains(.c) ? abs(sum) / 256 : 0
        worst = max(worst, found.isNaN ? .infinity : abs(found - sum) - rounding)
        wanted[j] += sum
      }
    }
    if sums {
      for (found, sum) in zip(totals, wanted) {
        worst = max(
          worst, found.isNaN ? .infinity : abs(Double(found) - 0.5 * sum) / Double(rows).squareRoot())
      }
    }
    return worst
  }

  /// Numbers as bf16, in the first half of their memory.
  private static func store(_ numbers: inout [Float]) {
    let rounded = numbers.map(Self.rounded)
    numbers.withUnsafeMutableBytes { bytes in
      for (index, number) in rounded.enumerated() {
        bytes.storeBytes(of: UInt16(number.bitPattern >> 16), toByteOffset: 2 * index, as: UInt16.self)
      }
    }
  }

  /// The numbers that memory has as bf16.
  private static func load(_ numbers: inout [Float]) {
    let halves = numbers.withUnsafeBytes { bytes in
      numbers.indices.map { bytes.load(fromByteOffset: 2 * $0, as: UInt16.self) }
    }
    numbers = halves.map { Float(bitPattern: UInt32($0) << 16) }
  }

  /// What nobody writes; its halves are the same.
  private static let untouched = Float(bitPattern: 0xC2F6_C2F6)

  /// The nearest number of bf16, ties to even.
  private static func rounded(_ x: Float) -> Float {
    let bits = x.bitPattern
    return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  @Test(arguments: cases, sets + ["emulated tiles"])
  func productsOfHalvesAreSumsOfRoundedFactors(_ shape: Case, _ set: String) {
    let own = ck_instruction_set()
    let emulated = set == "emulated tiles"
    guard emulated || ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    for (threads, laidOut) in [(1, false), (2, false), (2, true)] {
      ck_set_threads(Int32(threads))
      let allowed = 1e-6 * Double(shape.depth).squareRoot() * 4
      #expect(
        Self.run(
          shape, bias: false, activation: CK_COPY, mask: false, halves: true, laidOut: laidOut,
          emulated: emulated) < allowed)
      #expect(
        Self.run(
          shape, bias: true, activation: CK_RELU, mask: true, halves: true, laidOut: laidOut,
          emulated: emulated) < allowed)
    }
  }

  @Test(arguments: cases, sets + ["emulated tiles"])
  func productsReadAndWriteHalves(_ shape: Case, _ set: String) {
    let own = ck_instruction_set()
    let emulated = set == "emulated tiles"
    guard emulated || ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    let choices: [Stored] = [[.a, .b, .c, .mask], [.a], [.b, .c], [.a, .mask]]
    for (index, stored) in choices.enumerated() {
      ck_set_threads(index % 2 == 0 ? 2 : 1)
      let allowed = 1e-6 * Double(shape.depth).squareRoot() * 4
      for halves in [true, false] {
        #expect(
          Self.run(
            shape, bias: false, activation: CK_COPY, mask: true, sums: index > 1, halves: halves,
            stored: stored, emulated: emulated) < allowed, "\(stored) \(halves)")
        #expect(
          Self.run(
            shape, bias: true, activation: CK_RELU, mask: false, halves: halves, stored: stored,
            laidOut: index == 3, emulated: emulated) < allowed, "\(stored) \(halves)")
      }
    }
  }

  @Test(arguments: cases, sets)
  func productsAreSums(_ shape: Case, _ set: String) {
    let own = ck_instruction_set()
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    for threads in [1, 2] {
      ck_set_threads(Int32(threads))
      // A sum of n products of numbers up to 1, rounded in single precision.
      let allowed = 1e-6 * Double(shape.depth).squareRoot() * 4
      #expect(Self.run(shape, bias: false, activation: CK_COPY, mask: false) < allowed)
      #expect(Self.run(shape, bias: true, activation: CK_RELU, mask: false) < allowed)
      #expect(Self.run(shape, bias: true, activation: CK_LEAKY_RELU, mask: false) < allowed)
      #expect(Self.run(shape, bias: false, activation: CK_COPY, mask: true) < allowed)
      #expect(Self.run(shape, bias: true, activation: CK_RELU, mask: false, sums: true) < allowed)
    }
  }

  /// To the bit, as PyTorch's products do: losses of long runs of steps show where it is rounded.
  @Test(arguments: sets)
  func theBiasIsAddedToWholeSums(_ set: String) {
    let own = ck_instruction_set()
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    var random = SplitMix64(seed: 12)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }
    for (rows, columns, depth) in [
      (128, 200, 96), (64, 300, 40), (40, 70, 300), (60, 50, 12), (20, 40, 2000),
    ] {
      for transposed in [false, true] {
        var (a, b, bias) = (numbers(rows * depth), numbers(depth * columns), numbers(columns))
        func product(_ bias: UnsafePointer<Float>?) -> [Float] {
          var c = [Float](repeating: 0, count: rows * columns)
          a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeMutableBufferPointer { b in
              c.withUnsafeMutableBufferPointer { c in
                var product = ck_product()
                (product.rows, product.columns, product.depth) = (Int64(rows), Int64(columns), Int64(depth))
                product.a = ck_matrix(base: a.baseAddress!, row: Int64(depth), column: 1, halves: false)
                product.b = ck_matrix(
                  base: b.baseAddress!, row: Int64(transposed ? 1 : columns),
                  column: Int64(transposed ? depth : 1), halves: false)
                product.c = ck_matrix(base: c.baseAddress!, row: Int64(columns), column: 1, halves: false)
                product.finish.bias = bias
                let scratch = UnsafeMutablePointer<Float>.allocate(
                  capacity: Int(ck_product_scratch(&product)))
                defer { scratch.deallocate() }
                product.scratch = scratch
                ck_run_product(&product)
              }
            }
          }
          return c
        }
        let sums = product(nil), found = bias.withUnsafeMutableBufferPointer { product($0.baseAddress) }
        #expect(
          found == sums.indices.map { sums[$0] + bias[$0 % columns] },
          "\(rows) \(columns) \(depth) \(transposed)")
      }
    }
  }

  /// A gradient's shape: rows and columns of a parameter, and the examples that it is summed over.
  static let gradients = [
    (784, 128, 64), (30, 300, 17), (512, 70, 300), (100, 100, 1), (40, 2000, 10), (20, 100, 2000),
  ]

  /// To the bit: whether a product moves a parameter or Adam does afterwards must not be seen.
  @Test(arguments: gradients.indices, sets)
  func aProductThatMovesAParameterIsAProductAndAdam(_ index: Int, _ set: String) {
    let own = ck_instruction_set()
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    let (rows, columns, depth) = Self.gradients[index]
    var random = SplitMix64(seed: 11)
    func numbers(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
      (0..<count).map { _ in Float.random(in: range, using: &random) }
    }
    // Both layouts of the left factor, and a right factor that has to be turned.
    for (aTransposed, bTransposed) in [(true, false), (false, false), (false, true)] {
      for (threads, halves) in [(1, false), (2, false), (2, true)] {
        ck_set_threads(Int32(threads))
        var a = numbers(rows * depth), b = numbers(depth * columns)
        let start = (
          value: numbers(rows * columns), first: numbers(rows * columns),
          second: numbers(rows * columns, 0...1)
        )
        func moved(by work: (inout ck_product, inout ck_adam_parameter, UnsafePointer<ck_adam>) -> Void)
          -> [[Float]]
        {
          var (value, first, second) = start
          var rounded = [UInt16](repeating: 0, count: rows * columns)
          var updates: Float = 3
          var adam = ck_adam(rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-6, weight_decay: 0.1)
          a.withUnsafeMutableBufferPointer { a in
            b.withUnsafeMutableBufferPointer { b in
              value.withUnsafeMutableBufferPointer { value in
                first.withUnsafeMutableBufferPointer { first in
                  second.withUnsafeMutableBufferPointer { second in
                    withUnsafeMutablePointer(to: &updates) { updates in
                      var product = ck_product()
                      (product.rows, product.columns, product.depth) = (
                        Int64(rows), Int64(columns), Int64(depth)
                      )
                      product.a = ck_matrix(
                        base: a.baseAddress!, row: Int64(aTransposed ? 1 : depth),
                        column: Int64(aTransposed ? rows : 1), halves: false)
                      product.b = ck_matrix(
                        base: b.baseAddress!, row: Int64(bTransposed ? 1 : columns),
                        column: Int64(bTransposed ? depth : 1), halves: false)
                      product.c = ck_matrix(base: nil, row: Int64(columns), column: 1, halves: false)
                      product.halves = halves
                      let scratch = UnsafeMutablePointer<Float>.allocate(
                        capacity: Int(ck_product_scratch(&product)))
                      defer { scratch.deallocate() }
                      product.scratch = scratch
                      rounded.withUnsafeMutableBufferPointer { rounded in
                        var parameter = ck_adam_parameter(
                          value: value.baseAddress!, first: first.baseAddress!, second: second.baseAddress!,
                          gradient: nil, updates: updates, count: Int64(rows * columns),
                          rounded: halves ? rounded.baseAddress : nil)
                        withUnsafePointer(to: &adam) { work(&product, &parameter, $0) }
                      }
                    }
                  }
                }
              }
            }
          }
          return [value, first, second, rounded.map(Float.init)]
        }
        var counts: [Float] = []
        let found = moved { product, parameter, adam in
          withUnsafePointer(to: &parameter) {
            product.moved = $0
            product.adam = adam
            ck_run_product(&product)
          }
          counts.append(parameter.updates.pointee)
        }
        let expected = moved { product, parameter, adam in
          let gradient = UnsafeMutablePointer<Float>.allocate(capacity: rows * columns)
          defer { gradient.deallocate() }
          product.c.base = gradient
          ck_run_product(&product)
          parameter.gradient = UnsafePointer(gradient)
          ck_run_adam(adam, &parameter, 1)
          counts.append(parameter.updates.pointee)
        }
        #expect(found == expected, "\(aTransposed) \(bTransposed) \(threads) \(halves)")
        #expect(found[0] != start.value && counts == [3, 4])
        #expect(found[3].contains { $0 != 0 } == halves)
      }
    }
  }
}
