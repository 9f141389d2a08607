import Elbo
import ElboData
import Testing
import Torch

/// What is held out of the training examples, and which of their labels are known.
@Suite struct SplitTests {
  private static let digits = ["data.name=drawn-digits", "data.size=8", "data.count=200"]

  private func load(_ split: Split, _ settings: String...) throws -> Dataset {
    try Dataset.load(ConfigurationLoader.load("vae-mnist", settings: Self.digits + settings), split)
  }

  /// The examples' bytes, sorted, so that sets can be compared.
  private func rows(_ dataset: Dataset) -> [[Double]] {
    (0..<dataset.count).map { dataset.features.selected(0, at: $0).numbers }
      .sorted { $0.lexicographicallyPrecedes($1) }
  }

  @Test func validationAndTrainingShareTheExamples() throws {
    let all = try load(.train)
    let rest = try load(.train, "data.validation=60")
    let validation = try load(.validation, "data.validation=60")
    #expect(rest.count == 140 && validation.count == 60)
    let both = (rows(rest) + rows(validation)).sorted { $0.lexicographicallyPrecedes($1) }
    #expect(both == rows(all))
    #expect(rest.labels?.count == 140 && validation.labels?.count == 60)
    // Drawn from all alike: each part has examples of most classes.
    #expect(Set(validation.labels ?? []).count >= 8)
  }

  @Test func validationIsTheSameForEverySeed() throws {
    // Points of a toy set do not depend on the seed.
    func held(_ seed: Int) throws -> [Double] {
      try Dataset.load(configuration("avb-four-points", "data.validation=40", "seed=\(seed)"), .validation)
        .features.numbers
    }
    let (first, second) = (try held(1), try held(2))
    #expect(first == second)
  }

  @Test func someLabelsAreKnownAsManyOfEachClass() throws {
    let labels = try #require(try load(.train, "data.labelled=23").labels)
    let known = labels.filter { $0 >= 0 }
    #expect(known.count == 23 && labels.count == 200)
    let counts = (0..<10).map { label in known.count { $0 == label } }
    #expect(counts == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2])
    let all = try #require(try load(.train).labels)
    #expect(zip(labels, all).allSatisfy { $0 == $1 || $0 == -1 })
    let judged = try #require(try load(.test, "data.labelled=23").labels)
    #expect(!judged.contains(-1))
  }

  @Test func theSeedDecidesWhichLabelsAreKnown() throws {
    func known(_ seed: Int) throws -> [Int]? {
      try Dataset.load(configuration("avb-four-points", "data.labelled=20", "seed=\(seed)"), .train).labels
    }
    let (first, again, other) = (try known(1), try known(1), try known(2))
    #expect(first == again && first != other)
  }

  @Test func whatCannotBeHeldOutIsRefused() throws {
    let nothing = try failure(ConfigurationError.self) { try load(.validation) }
    #expect(nothing.location == "data.validation")
    let all = try failure(ConfigurationError.self) { try load(.train, "data.validation=200") }
    #expect(all.location == "data.validation" && all.problem.contains("200"))
    let many = try failure(ConfigurationError.self) { try load(.train, "data.labelled=2000") }
    #expect(many.location == "data.labelled" && many.problem.contains("class 0"))
    let negative = try failure(ConfigurationError.self) { try load(.train, "data.labelled=-1") }
    #expect(negative.location == "data.labelled")
  }
}
