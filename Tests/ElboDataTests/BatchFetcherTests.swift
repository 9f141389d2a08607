import ElboData
import Foundation
import Testing

/// What is fetched ahead: each step's own examples, whatever the order of steps and the number of threads.
struct BatchFetcherTests {
  /// Example i is [i, i + 0.5]; some take longer than others, and one cannot be had.
  private static func fetcher(threads: Int, failing: Int64 = -1) -> BatchFetcher {
    let plan = BatchFetcher.Plan(width: 2, threads: threads) { (rows, memory) throws(DataError) in
      if rows.contains(where: { $0 % 5 == 0 }) { usleep(2000) }
      for (index, row) in rows.enumerated() {
        if row == failing { throw DataError(.corrupt, at: "example \(row)", "cannot be read") }
        (memory[2 * index], memory[2 * index + 1]) = (Float(row), Float(row) + 0.5)
      }
    }
    // Steps have different numbers of examples.
    return BatchFetcher(plan) { step in
      step < 30 ? (0..<Int64(1 + step % 4)).map { Int64(step) * 10 + $0 } : nil
    }
  }

  private static func check(_ fetcher: BatchFetcher, _ step: Int) throws {
    try fetcher.take(step: step) { values, examples in
      #expect(examples == (0..<Int64(1 + step % 4)).map { Int64(step) * 10 + $0 })
      let found = Array(UnsafeBufferPointer(start: values, count: 2 * examples.count))
      #expect(found == examples.flatMap { [Float($0), Float($0) + 0.5] }, "step \(step)")
    }
  }

  @Test(arguments: [1, 2, 4]) func everyStepHasItsOwnExamples(_ threads: Int) throws {
    let fetcher = Self.fetcher(threads: threads)
    for step in 0..<30 { try Self.check(fetcher, step) }
    // Back, further back, on, the same again, and prepared before it is taken.
    for step in [12, 13, 3, 4, 4, 5, 29, 0, 1, 28, 29] { try Self.check(fetcher, step) }
    for step in 7..<20 {
      try fetcher.prepare(step: step)
      try fetcher.prepare(step: step)
      try Self.check(fetcher, step)
    }
  }

  @Test func aFailureIsThatOfItsStep() throws {
    let fetcher = Self.fetcher(threads: 2, failing: 71)
    for step in 0..<7 { try Self.check(fetcher, step) }
    let error = try #require(throws: DataError.self) { try fetcher.prepare(step: 7) }
    #expect(error.location == "example 71")
    #expect(throws: DataError.self) { try Self.check(fetcher, 7) }
    for step in 8..<12 { try Self.check(fetcher, step) }
  }

  @Test func splitsAreSeededAndExact() throws {
    let split = try SeededSplit(count: 1000, fraction: 0.25, seed: 3, name: "x")
    #expect(split.test.count == 250 && split.train.count == 750)
    #expect(Set(split.test).union(split.train) == Set(0..<1000))
    // The first of each stand for all of the set.
    #expect(split.test.prefix(50).contains { $0 < 500 } && split.test.prefix(50).contains { $0 >= 500 })
    #expect(try split == SeededSplit(count: 1000, fraction: 0.25, seed: 3, name: "x"))
    #expect(try split != SeededSplit(count: 1000, fraction: 0.25, seed: 4, name: "x"))
    // Each example is as likely as any other: the 20 cells' chi squared (19 degrees of freedom) is above 43.8 once in
    // a thousand times.
    var counts = [Int](repeating: 0, count: 20)
    for seed in 0..<400 {
      for place in try SeededSplit(count: 20, fraction: 0.2, seed: UInt64(seed), name: "x").test {
        counts[place] += 1
      }
    }
    #expect(chiSquared(counts) < 43.8)
    let error = try #require(throws: DataError.self) {
      try SeededSplit(count: 9, fraction: 0.1, seed: 0, name: "x")
    }
    #expect(error.problem == "a fraction of 0.1 of 9 examples leaves none for testing")
  }

  /// The draws are a function of (seed, example), and 1 with the pixel's probability.
  @Test func pixelsAreDrawnOnce() throws {
    let folder = try TemporaryFolder()
    let values = [Float](repeating: 0.3, count: 20_000) + [0, 1, 0, 1]
    let table = BinarisedTable(
      try NPYTable(path: folder.write(npy("<f4", [5001, 4], floats(values)), to: "x.npy")), seed: 5)
    let all = try table.values((0..<5001).map { $0 })
    #expect(all.suffix(4) == [0, 1, 0, 1] && Set(all) == [0, 1])
    #expect(try table.values([40, 7]) == Array(all[160..<164] + all[28..<32]))
    // Five standard deviations of the mean of 20,000 draws: one in a million.
    let mean = all.prefix(20_000).reduce(0, +) / 20_000
    #expect(abs(mean - 0.3) < 5 * (0.21 / 20_000).squareRoot())
  }
}
