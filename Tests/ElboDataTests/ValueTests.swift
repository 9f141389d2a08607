import ElboData
import Testing

@Suite struct ImageSetTests {
  let set: ImageSet

  init() throws {
    set = try ImageSet(
      name: "s", pixels: (0..<24).map { UInt8($0) }, count: 2, channels: 3, height: 2, width: 2,
      labels: [1, 0],
      classCount: 2)
  }

  @Test func knowsItsParts() throws {
    #expect(set.pixelsPerImage == 12)
    #expect(Array(set.image(at: 1)) == (12..<24).map { UInt8($0) })
    #expect(set.meanPixel == 11.5)
    let one = try set.prefix(1)
    #expect(one.count == 1 && one.labels == [1] && one.pixels.count == 12)
    #expect(try set.prefix(5) == set)
    #expect(throws: DataError.self) { try set.prefix(0) }
    let bare = try ImageSet(name: "b", pixels: [1], count: 1, height: 1, width: 1, classCount: 9)
    #expect(bare.labels == nil && bare.classCount == 0)
  }

  @Test func refusesPartsThatDoNotFit() throws {
    func kind(
      pixels: Int = 4, count: Int = 1, channels: Int = 1, side: Int = 2, labels: [UInt8]? = nil,
      classes: Int = 3
    ) -> DataError.Kind? {
      do throws(DataError) {
        _ = try ImageSet(
          name: "s", pixels: Array(repeating: 0, count: pixels), count: count, channels: channels,
          height: side,
          width: side, labels: labels, classCount: classes)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind() == nil)
    #expect(kind(labels: [2]) == nil)
    #expect(kind(pixels: 5) == .mismatch)
    #expect(kind(count: 0) == .outOfRange)
    #expect(kind(count: -1) == .outOfRange)
    #expect(kind(channels: 0) == .outOfRange)
    #expect(kind(side: 0) == .outOfRange)
    #expect(kind(count: .max, side: .max) == .mismatch)
    #expect(kind(labels: []) == .mismatch)
    #expect(kind(labels: [1, 1]) == .mismatch)
    #expect(kind(labels: [3]) == .outOfRange)
    #expect(kind(labels: [0], classes: 0) == .outOfRange)
    #expect(kind(labels: [0], classes: 257) == .outOfRange)
  }
}

@Suite struct PointSetTests {
  @Test func fourPointsAreTheCornersOfTheSimplex() throws {
    let set = try FourPoints.points(perClass: 128)
    #expect(set.count == 512 && set.dimension == 4 && set.classCount == 4)
    for index in 0..<512 {
      let label = Int(set.labels[index])
      #expect(label == index / 128)
      #expect(Array(set.point(at: index)) == (0..<4).map { $0 == label ? 1 : 0 })
    }
    #expect(throws: DataError.self) { try FourPoints.points(perClass: 0) }
    #expect(throws: DataError.self) { try FourPoints.points(perClass: .max) }
  }

  @Test func refusesPartsThatDoNotFit() throws {
    func kind(
      _ features: [Float], dimension: Int = 2, labels: [UInt8] = [0, 1], classes: Int = 2
    ) -> DataError.Kind? {
      do throws(DataError) {
        _ = try PointSet(
          name: "p", features: features, dimension: dimension, labels: labels, classCount: classes)
        return nil
      } catch {
        return error.kind
      }
    }
    #expect(kind([1, 2, 3, 4]) == nil)
    #expect(kind([1, 2, 3]) == .mismatch)
    #expect(kind([1, 2]) == .mismatch)
    #expect(kind([]) == .outOfRange)
    #expect(kind([1, 2, 3, 4], dimension: 0) == .outOfRange)
    #expect(kind([1, 2, 3, .nan]) == .outOfRange)
    #expect(kind([1, 2, 3, .infinity]) == .outOfRange)
    #expect(kind([1, 2, 3, 4], classes: 1) == .outOfRange)
  }
}

@Suite struct SplitMix64Tests {
  /// The first outputs of the reference implementation for the number 1234567.
  @Test func agreesWithTheReference() {
    var random = SplitMix64(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect(expected.map { _ in random.next() } == expected)
  }

  @Test func streamsDiffer() {
    var firsts: Set<UInt64> = []
    for seed in 0..<20 as Range<UInt64> {
      for a in 0..<20 as Range<UInt64> {
        for b in 0..<20 as Range<UInt64> {
          var random = SplitMix64(seed: seed, stream: a, b)
          firsts.insert(random.next())
        }
      }
    }
    #expect(firsts.count == 8000)
  }

  /// Chi-squared with 6 degrees of freedom is above 27.86 once in 10,000.
  @Test func boundedNumbersAreEven() {
    var random = SplitMix64(seed: 3, stream: 4)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[Int(random.bounded(7))] += 1 }
    #expect(chiSquared(counts) < 27.86)
    #expect((0..<100).allSatisfy { _ in random.bounded(1) == 0 })
    // A bound just above 2^63 makes the rejection step matter.
    #expect((0..<100).allSatisfy { _ in random.bounded(1 << 63 + 1) <= 1 << 63 })
  }
}

@Suite struct BinarisationTests {
  private func level(_ value: UInt8, count: Int = 100) throws -> ImageSet {
    try ImageSet(
      name: "level", pixels: Array(repeating: value, count: count * 100), count: count, height: 10, width: 10)
  }

  /// The number of ones among 10,000 pixels is within 4 standard deviations: 1 in 16,000 falls outside.
  @Test(arguments: [1, 51, 128, 200, 254] as [UInt8])
  func onesAreAsLikelyAsThePixelIsBright(_ value: UInt8) throws {
    let drawn = try Binarisation.static.apply(to: level(value), seed: 5)
    #expect(drawn.pixels.allSatisfy { $0 == 0 || $0 == 255 })
    let p = Double(value) / 255
    let ones = Double(drawn.pixels.count { $0 == 255 })
    #expect(abs(ones - 10_000 * p) < 4 * (10_000 * p * (1 - p)).squareRoot())
  }

  @Test func dependsOnTheSeedAndTheImageAlone() throws {
    let set = try level(100)
    let drawn = try Binarisation.static.apply(to: set, seed: 5)
    #expect(try Binarisation.static.apply(to: set, seed: 5) == drawn)
    #expect(try Binarisation.static.apply(to: set, seed: 6) != drawn)
    #expect(try Binarisation.static.apply(to: set.prefix(3), seed: 5) == drawn.prefix(3))
    #expect(drawn.image(at: 0).elementsEqual(drawn.image(at: 1)) == false)
    #expect(try Binarisation.static.apply(to: drawn, seed: 9) == drawn)
    #expect(try Binarisation.off.apply(to: set, seed: 5) == set)
    #expect(try Binarisation.dynamic.apply(to: set, seed: 5) == set)
  }
}
