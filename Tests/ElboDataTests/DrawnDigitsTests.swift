import ElboData
import Testing

@Suite struct DrawnDigitsTests {
  /// How many test digits are nearer to the mean of their own class than to that of any other.
  private func nearestMeanAccuracy(size: Int) throws -> Double {
    let digits = try DrawnDigits(size: size, seed: 3)
    let train = try digits.images(.train, count: 1500)
    let test = try digits.images(.test, count: 500)
    let dimension = size * size
    var means = [[Float]](repeating: Array(repeating: 0, count: dimension), count: 10)
    for index in 0..<train.count {
      for (place, pixel) in train.image(at: index).enumerated() {
        means[index % 10][place] += Float(pixel) / Float(train.count / 10)
      }
    }
    let right = (0..<test.count).count { index in
      let image = test.image(at: index).map { Float($0) }
      let distances = means.map { mean in
        (0..<dimension).reduce(Float(0)) { $0 + (image[$1] - mean[$1]) * (image[$1] - mean[$1]) }
      }
      return distances.indices.min { distances[$0] < distances[$1] } == index % 10
    }
    return Double(right) / Double(test.count)
  }

  /// Guessing gets 10 %; the means of MNIST's classes tell 82 % of its digits.
  @Test(arguments: [8, 28, 64])
  func digitsLookLikeTheirLabels(size: Int) throws {
    #expect(try nearestMeanAccuracy(size: size) > 0.7)
  }

  @Test(arguments: [8, 11, 28, 40])
  func haveTheSizeAskedForAndInk(size: Int) throws {
    let set = try DrawnDigits(size: size).images(.train, count: 207)
    #expect((set.count, set.channels, set.height, set.width, set.classCount) == (207, 1, size, size, 10))
    #expect(set.labels == (0..<207).map { UInt8($0 % 10) })
    for index in 0..<set.count {
      let ink = set.image(at: index).reduce(0) { $0 + Int($1) }
      #expect((3 * size * size...140 * size * size).contains(ink), "image \(index)")
      #expect(set.image(at: index).contains { $0 > 150 }, "image \(index)")
    }
  }

  @Test func dependOnTheSeedThePartAndThePlaceAlone() throws {
    let digits = try DrawnDigits(size: 12, seed: 5)
    let train = try digits.images(.train, count: 60)
    #expect(try digits.images(.train, count: 60) == train)
    #expect(try digits.images(.train, count: 25) == train.prefix(25))
    #expect(try DrawnDigits(size: 12, seed: 6).images(.train, count: 60) != train)
    let test = try digits.images(.test, count: 60)
    let trainImages = Set((0..<60).map { Array(train.image(at: $0)) })
    #expect(trainImages.count == 60)
    #expect((0..<60).allSatisfy { !trainImages.contains(Array(test.image(at: $0))) })
  }

  @Test func refuseSizesThatCannotBe() throws {
    #expect(throws: DataError.self) { try DrawnDigits(size: 7) }
    #expect(throws: DataError.self) { try DrawnDigits(size: -28) }
    #expect(throws: DataError.self) { try DrawnDigits(size: 5000) }
    let digits = try DrawnDigits()
    #expect(throws: DataError.self) { try digits.images(.train, count: 0) }
    #expect(throws: DataError.self) { try digits.images(.train, count: .max) }
  }
}
