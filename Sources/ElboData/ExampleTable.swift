/// Examples that are fetched by number when they are needed rather than held: those of mapped files, or
/// images that are decoded.
public protocol ExampleTable: Sendable {
  /// How many examples there are.
  var count: Int { get }
  /// How many numbers an example has.
  var width: Int { get }
  /// How many threads are worth having at once, where each fetches examples of its own.
  var parallelReaders: Int { get }

  /// Writes examples one after the other, [rows.count, width]; any thread may call it at any time.
  ///
  /// Throws: `DataError` where a file cannot be read or holds what it should not.
  func read(_ rows: [Int64], into memory: UnsafeMutablePointer<Float>) throws(DataError)
}

extension ExampleTable {
  /// One thread: reading is little work.
  public var parallelReaders: Int { 1 }

  /// Some examples as numbers, [rows.count, width].
  package func values(_ rows: [Int64]) throws(DataError) -> [Float] {
    var failure: DataError?
    let values = [Float](unsafeUninitializedCapacity: rows.count * width) { memory, count in
      guard let start = memory.baseAddress else { return }
      do throws(DataError) {
        try read(rows, into: start)
        count = rows.count * width
      } catch { failure = error }
    }
    if let failure { throw failure }
    return values
  }
}
