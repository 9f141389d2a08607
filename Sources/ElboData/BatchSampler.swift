/// Which examples make the batch of each step: a function of the step's number and the seed, nothing else.
///
/// A run that stops and goes on at step s draws what it would have drawn. The permutation of an epoch is kept
/// between calls only to save time; a fresh sampler gives the same batches.
public struct BatchSampler: Sendable {
  /// The order in which examples come.
  public enum Mode: String, Sendable, CaseIterable, Codable {
    /// Every example once an epoch, in an order drawn for each epoch.
    case shuffled
    /// Each example of each batch drawn from the whole set.
    case replacement
    /// Every example once an epoch, in the set's order.
    case sequential
    /// The whole set, in its order, at every step; the batch size plays no part.
    case full
  }

  /// What happens to the examples that do not fill a batch at the end of an epoch.
  public enum LastBatch: String, Sendable, CaseIterable, Codable {
    /// They make a smaller batch.
    case keep
    /// They sit the epoch out.
    case drop
  }

  /// How many examples the set has.
  public let count: Int
  /// How many examples a batch has, but for a smaller last one.
  public let batchSize: Int
  /// The order in which examples come.
  public let mode: Mode
  /// What happens to the rest at the end of an epoch.
  public let lastBatch: LastBatch
  /// The number that all draws follow from.
  public let seed: UInt64

  private var cachedEpoch = -1
  private var permutation: [Int64] = []

  private static let epochStream: UInt64 = 0x65_706F  // "epo"
  private static let stepStream: UInt64 = 0x73_7465  // "ste"

  /// A sampler of `count` examples; a batch size above `count` means batches of the whole set, except with
  /// replacement.
  ///
  /// Throws: `outOfRange` for a count or batch size below one, or where dropping the last batch drops all.
  public init(
    count: Int, batchSize: Int, mode: Mode = .shuffled, lastBatch: LastBatch = .keep, seed: UInt64 = 0
  ) throws(DataError) {
    guard count > 0 else { throw DataError(.outOfRange, at: "data", "there are no examples to draw") }
    guard batchSize > 0 || mode == .full else {
      throw DataError(
        .outOfRange, at: "training.batchSize", "the batch size is \(batchSize)", remedy: "give 1 or more")
    }
    if lastBatch == .drop, batchSize > count, mode == .shuffled || mode == .sequential {
      throw DataError(
        .outOfRange, at: "training.batchSize",
        "no batch of \(batchSize) can be filled from \(count) examples",
        remedy: "give \(count) or less, or keep the last batch")
    }
    self.count = count
    self.batchSize = mode == .full ? count : batchSize
    self.mode = mode
    self.lastBatch = lastBatch
    self.seed = seed
  }

  /// How many steps make an epoch: a pass over the set; with replacement, as many draws as the set has
  /// examples.
  public var stepsPerEpoch: Int {
    switch (mode, lastBatch) {
    case (.full, _): 1
    case (_, .keep): (count - 1) / batchSize + 1
    case (_, .drop): max(count / batchSize, 1)
    }
  }

  /// The examples of step `step`, counted from 0: numbers from 0 to `count` - 1.
  public mutating func indices(step: Int) -> [Int64] {
    precondition(step >= 0, "BatchSampler.indices: step \(step) is negative")
    switch mode {
    case .full:
      return Array(0..<Int64(count))
    case .replacement:
      var random = SplitMix64(seed: seed, stream: Self.stepStream, UInt64(step))
      return (0..<batchSize).map { _ in Int64(random.bounded(UInt64(count))) }
    case .sequential:
      let range = places(ofStep: step)
      return Array(Int64(range.lowerBound)..<Int64(range.upperBound))
    case .shuffled:
      preparePermutation(ofEpoch: step / stepsPerEpoch)
      return Array(permutation[places(ofStep: step)])
    }
  }

  /// The places in the epoch's order that step `step` takes.
  private func places(ofStep step: Int) -> Range<Int> {
    let start = step % stepsPerEpoch * batchSize
    return start..<start + min(batchSize, count - start)
  }

  private mutating func preparePermutation(ofEpoch epoch: Int) {
    if epoch == cachedEpoch { return }
    // Always from the set's own order, so that an epoch's order does not depend on those before it.
    permutation = Array(0..<Int64(count))
    var random = SplitMix64(seed: seed, stream: Self.epochStream, UInt64(epoch))
    random.shuffle(&permutation)
    cachedEpoch = epoch
  }
}
