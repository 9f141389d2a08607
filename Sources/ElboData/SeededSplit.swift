/// Which examples of a set that comes in one part are for learning and which for judging.
public struct SeededSplit: Sendable, Equatable {
  /// The examples to learn from, in an order without meaning.
  public let train: [Int]
  /// The examples to judge by, in an order without meaning: the first of them stand for all.
  public let test: [Int]

  private static let stream: UInt64 = 0x73_706C  // "spl"

  /// A fraction of `count` examples for judging, rounded down, each set of that many as likely as any other.
  ///
  /// Throws: `mismatch` where it leaves none.
  public init(count: Int, fraction: Double, seed: UInt64, name: String) throws(DataError) {
    let held = Int(Double(count) * fraction)
    guard held > 0 else {
      throw DataError(
        .mismatch, at: name, "a fraction of \(fraction) of \(count) examples leaves none for testing",
        remedy: "give more examples, or a greater data.testFraction")
    }
    var order = Array(0..<count)
    var random = SplitMix64(seed: seed, stream: Self.stream)
    random.shuffle(&order)
    test = Array(order[..<held])
    train = Array(order[held...])
  }

  /// The examples of a part; those held out for validation are among those to learn from.
  public func examples(_ split: Split) -> [Int] { split == .test ? test : train }
}
