/// The examples of another table with each pixel drawn once: 1 with the probability that the pixel's value
/// is, else 0. The draws of an example are a function of (seed, example) alone.
public struct BinarisedTable: ExampleTable {
  private let table: any ExampleTable
  private let seed: UInt64
  private static let stream: UInt64 = 0x62_696E  // "bin"

  /// Draws of a table whose values lie in [0, 1].
  public init(_ table: any ExampleTable, seed: UInt64) { (self.table, self.seed) = (table, seed) }

  /// How many examples there are.
  public var count: Int { table.count }
  /// How many numbers an example has.
  public var width: Int { table.width }
  /// How many threads are worth having at once.
  public var parallelReaders: Int { table.parallelReaders }

  /// Writes examples one after the other, [rows.count, width].
  ///
  /// Throws: `DataError` where a file cannot be read or holds what it should not.
  public func read(_ rows: [Int64], into memory: UnsafeMutablePointer<Float>) throws(DataError) {
    try table.read(rows, into: memory)
    for (index, row) in rows.enumerated() {
      var random = SplitMix64(seed: seed, stream: Self.stream, UInt64(row))
      for place in index * width..<(index + 1) * width where memory[place] > 0 && memory[place] < 1 {
        memory[place] = random.unit() < Double(memory[place]) ? 1 : 0
      }
    }
  }
}
