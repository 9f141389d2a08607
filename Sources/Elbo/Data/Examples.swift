import ElboData
import Torch

/// Where the examples of a data set are.
enum Examples {
  /// In memory: [count, features].
  case held(Tensor)
  /// Images in memory.
  case pixels(PixelExamples)
  /// In files, from which they are fetched when they are needed.
  case fetched(FetchedExamples)
}

extension Examples {
  /// Overwrites a tensor [n, features] on the CPU with the examples of these numbers, on the threads of captured steps.
  ///
  /// - Precondition: they are in memory.
  func gather(_ rows: [Int64], into target: Tensor) {
    switch self {
    case .held(let features): target.gather(rows, of: features)
    case .pixels(let pixels): target.gather(rows, ofPixels: pixels.bytes, in: pixels.range.bounds)
    case .fetched: preconditionFailure("examples in files are fetched")
    }
  }

  /// The examples at some places, int64 [n] on their device: [n, features].
  ///
  /// - Precondition: they are in memory.
  func gathered(_ places: Tensor) -> Tensor {
    switch self {
    case .held(let features): features.gathered(places)
    case .pixels(let pixels): pixels.gathered(places).numbers
    case .fetched: preconditionFailure("examples in files are fetched")
    }
  }
}

/// Some examples of a table, in an order.
struct FetchedExamples: Sendable {
  let table: any ExampleTable
  /// The numbers of the examples in the table.
  let places: [Int]
  /// The interval that all values of the table are known to lie in; nil where not all were looked at.
  let bounds: ClosedRange<Double>?
  /// Where batches go.
  let device: Device

  /// The examples at some of these places.
  func at(_ chosen: some Sequence<Int>) -> FetchedExamples {
    FetchedExamples(table: table, places: chosen.map { places[$0] }, bounds: bounds, device: device)
  }

  /// The same examples with each pixel drawn once.
  func binarised(seed: UInt64) -> FetchedExamples {
    FetchedExamples(
      table: BinarisedTable(table, seed: seed), places: places, bounds: 0...1, device: device)
  }

  /// Some examples: [range.count, features].
  func tensor(_ range: Range<Int>) throws(DataError) -> Tensor {
    let values = try table.values(places[range].map(Int64.init))
    return Tensor(values, shape: [range.count, table.width]).moved(to: device)
  }

  /// Threads that fetch the examples of coming steps.
  ///
  /// - Parameter examples: those of a step, by their numbers among these places; nil where there is no such
  ///   step.
  func fetcher(_ examples: @escaping (Int) -> [Int64]?) -> BatchFetcher {
    let plan = BatchFetcher.Plan(width: table.width, threads: table.parallelReaders) {
      [table, places] (rows, memory) throws(DataError) in
      try table.read(rows.map { Int64(places[Int($0)]) }, into: memory)
    }
    return BatchFetcher(plan, examples: examples)
  }
}
