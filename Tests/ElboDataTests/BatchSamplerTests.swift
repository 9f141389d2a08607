import ElboData
import Testing

@Suite struct BatchSamplerTests {
  struct Plan: Sendable {
    let count: Int
    let batchSize: Int
    let mode: BatchSampler.Mode
    let lastBatch: BatchSampler.LastBatch

    func sampler(seed: UInt64 = 1) throws -> BatchSampler {
      try BatchSampler(count: count, batchSize: batchSize, mode: mode, lastBatch: lastBatch, seed: seed)
    }
  }

  static let plans = [(10, 3), (12, 4), (7, 7), (1, 1), (100, 1), (64, 33)].flatMap { count, batchSize in
    BatchSampler.Mode.allCases.flatMap { mode in
      BatchSampler.LastBatch.allCases.map {
        Plan(count: count, batchSize: batchSize, mode: mode, lastBatch: $0)
      }
    }
  }

  @Test(arguments: plans)
  func anyStepComesOutTheSameInAnyOrder(_ plan: Plan) throws {
    var inOrder = try plan.sampler()
    let batches = (0..<3 * inOrder.stepsPerEpoch + 1).map { inOrder.indices(step: $0) }
    var backwards = try plan.sampler()
    for step in batches.indices.reversed() {
      #expect(backwards.indices(step: step) == batches[step])
      var fresh = try plan.sampler()
      #expect(fresh.indices(step: step) == batches[step])
    }
  }

  @Test(arguments: plans.filter { $0.mode == .shuffled || $0.mode == .sequential })
  func anEpochHasEachExampleOnce(_ plan: Plan) throws {
    var sampler = try plan.sampler()
    for epoch in 0..<3 {
      let steps = sampler.stepsPerEpoch
      let batches = (0..<steps).map { sampler.indices(step: epoch * steps + $0) }
      let all = batches.flatMap { $0 }
      #expect(Set(all).count == all.count)
      #expect(all.allSatisfy { 0..<Int64(plan.count) ~= $0 })
      if plan.lastBatch == .keep {
        #expect(all.count == plan.count)
        #expect(batches.dropLast().allSatisfy { $0.count == plan.batchSize })
      } else {
        #expect(all.count == plan.count / plan.batchSize * plan.batchSize)
        #expect(batches.allSatisfy { $0.count == plan.batchSize })
      }
      if plan.mode == .sequential { #expect(all == Array(0..<Int64(all.count))) }
    }
  }

  @Test func epochsAndSeedsHaveOrdersOfTheirOwn() throws {
    func order(seed: UInt64, epoch: Int) throws -> [Int64] {
      var sampler = try BatchSampler(count: 1000, batchSize: 1000, seed: seed)
      return sampler.indices(step: epoch)
    }
    let orders = try [order(seed: 1, epoch: 0), order(seed: 1, epoch: 1), order(seed: 2, epoch: 0)]
    #expect(Set(orders).count == 3)
    #expect(orders.allSatisfy { $0 != Array(0..<1000) })
  }

  /// Runs that are gone on with need these numbers never to change. They come from a second implementation,
  /// in Python's unbounded integers.
  @Test func ordersStayTheSameForEver() throws {
    var shuffled = try BatchSampler(count: 10, batchSize: 10, seed: 42)
    #expect(shuffled.indices(step: 0) == [9, 6, 7, 0, 4, 5, 3, 2, 8, 1])
    #expect(shuffled.indices(step: 1) == [1, 5, 4, 6, 8, 3, 2, 7, 0, 9])
    var drawn = try BatchSampler(count: 1000, batchSize: 5, mode: .replacement, seed: 42)
    #expect(drawn.indices(step: 0) == [796, 769, 187, 889, 942])
    #expect(drawn.indices(step: 7) == [690, 394, 133, 97, 387])
  }

  /// Chi-squared with 23 degrees of freedom is above 57.4 once in 10,000.
  @Test func allOrdersAreEquallyLikely() throws {
    var sampler = try BatchSampler(count: 4, batchSize: 4, seed: 11)
    var counts: [[Int64]: Int] = [:]
    for epoch in 0..<12_000 { counts[sampler.indices(step: epoch), default: 0] += 1 }
    #expect(counts.count == 24)
    #expect(chiSquared(Array(counts.values)) < 57.4)
  }

  /// Chi-squared with 9 degrees of freedom is above 33.72 once in 10,000.
  @Test func drawsWithReplacementAreEven() throws {
    var sampler = try BatchSampler(count: 10, batchSize: 500, mode: .replacement, seed: 11)
    #expect(sampler.stepsPerEpoch == 1)
    var counts = [Int](repeating: 0, count: 10)
    for step in 0..<100 {
      let indices = sampler.indices(step: step)
      #expect(indices.count == 500)
      for index in indices { counts[Int(index)] += 1 }
    }
    #expect(chiSquared(counts) < 33.72)
  }

  @Test func wholeSetsAndLargeBatches() throws {
    var full = try BatchSampler(count: 6, batchSize: 0, mode: .full)
    #expect(full.batchSize == 6 && full.stepsPerEpoch == 1)
    #expect(full.indices(step: 99) == [0, 1, 2, 3, 4, 5])
    var large = try BatchSampler(count: 6, batchSize: 100)
    #expect(large.stepsPerEpoch == 1)
    #expect(large.indices(step: 3).sorted() == [0, 1, 2, 3, 4, 5])
  }

  @Test func refusesWhatMakesNoBatch() throws {
    #expect(throws: DataError.self) { try BatchSampler(count: 0, batchSize: 1) }
    #expect(throws: DataError.self) { try BatchSampler(count: 5, batchSize: 0) }
    #expect(throws: DataError.self) { try BatchSampler(count: 5, batchSize: -3) }
    let error = try #require(throws: DataError.self) {
      try BatchSampler(count: 5, batchSize: 6, lastBatch: .drop)
    }
    #expect(error.location == "training.batchSize" && error.exitStatus == 2)
  }
}
