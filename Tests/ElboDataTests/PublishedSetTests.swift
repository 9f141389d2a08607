import ElboData
import Testing

/// The published sets as they are on this machine.
@Suite struct PublishedSetTests {
  struct Facts: Sendable {
    let set: IDXSet
    let trainLabels: [UInt8]
    let testLabels: [UInt8]
    let trainMean: Double
  }

  static let facts = [
    Facts(
      set: .mnist, trainLabels: [5, 0, 4, 1, 9, 2, 1, 3, 1, 4], testLabels: [7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
      trainMean: 33.3184),
    Facts(
      set: .fashionMNIST, trainLabels: [9, 0, 0, 3, 0, 2, 7, 2, 5, 5],
      testLabels: [9, 2, 1, 1, 6, 1, 4, 6, 5, 7], trainMean: 72.9404),
  ].filter { installed($0.set) != nil }

  @Test(.enabled(if: !facts.isEmpty, "neither MNIST nor Fashion-MNIST is on this machine"), arguments: facts)
  func isThePublishedSet(_ facts: Facts) async throws {
    let folder = try #require(installed(facts.set))
    let train = try folder.load(.train)
    let test = try folder.load(.test)
    #expect(train.count == 60_000 && test.count == 10_000)
    #expect((train.channels, train.height, train.width, train.classCount) == (1, 28, 28, 10))
    #expect(try Array(#require(train.labels).prefix(10)) == facts.trainLabels)
    #expect(try Array(#require(test.labels).prefix(10)) == facts.testLabels)
    #expect(abs(train.meanPixel - facts.trainMean) < 5e-5)
    // Files whose sums are right are left alone, so a fetch from nowhere succeeds if and only if all four
    // are.
    let fetcher = try DataFetcher(
      name: facts.set.rawValue, files: facts.set.files, mirrors: ["http://127.0.0.1:9/"], folder: folder.path)
    #expect(try await fetcher.fetch().count == 4)
  }

  @Test(.enabled(if: installed(.mnist) != nil, "MNIST is not on this machine; set ELBO_DATA"))
  func keepsRowsAndColumnsInOrder() throws {
    let train = try #require(installed(.mnist)).load(.train)
    #expect(
      Array(train.image(at: 0)[5 * 28 + 12..<5 * 28 + 24])
        == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127])
  }
}
