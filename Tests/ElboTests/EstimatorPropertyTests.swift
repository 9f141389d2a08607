import Elbo
import ElboData
import ElboDistributions
import Foundation
import Testing
import Torch

/// What estimators of evaluation give where the truth is known, at fixed seeds.
@Suite struct EstimatorPropertyTests {
  private func normal(_ count: Int, _ dimension: Int, mean: Double = 0, scale: Double = 1, seed: UInt64)
    -> Tensor
  {
    Tensor.standardNormal([count, dimension], using: Generator(seed: seed)) * scale + mean
  }

  /// For N(0, I) and N(m, I), E k = (w^2 / (w^2 + 2))^(d/2) exp(-|m|^2 / (2 (w^2 + 2))). Within four standard
  /// errors, one in 16,000 by chance.
  @Test(arguments: [1, 3]) func discrepancyOfNormals(_ dimension: Int) {
    let (shift, width) = (0.5, 1.3)
    let found = KernelDiscrepancy(
      normal(1_500, dimension, seed: 1), normal(1_200, dimension, mean: shift, seed: 2),
      kernel: .gaussian(width: width), using: Generator(seed: 3))
    let spread = width * width + 2
    let within = pow(width * width / spread, Double(dimension) / 2)
    let exact = 2 * within * (1 - exp(-shift * shift * Double(dimension) / (2 * spread)))
    #expect(abs(found.value - exact) < 4 * found.standardError, "\(found.value), expected \(exact)")
    #expect(found.standardError < 0.2 * exact)
  }

  /// Where distributions are the same, p-values are uniform: of 60, those below .1 number at most 14 in 99.9
  /// %. Where they differ, the p-value is the least there is.
  @Test func permutationsKeepTheirLevel() {
    func p(_ mean: Double, seed: UInt64) -> Double {
      KernelDiscrepancy(
        normal(60, 2, seed: seed), normal(40, 2, mean: mean, seed: seed + 1000),
        kernel: .gaussian(width: 1.5),
        permutations: 99, using: Generator(seed: seed)
      ).pValue
    }
    let same = (1...60).map { p(0, seed: $0) }
    #expect(same.count { $0 <= 0.1 } <= 14 && same.contains { $0 > 0.5 })
    #expect(p(1, seed: 1) == 0.01)
  }

  /// E W_2^2 of theta X and theta Y, normal with means apart by m, is E (theta m)^2 = |m|^2 / d.
  @Test func slicedWassersteinOfNormals() {
    let directions = SlicedWasserstein.directions(300, 3, using: Generator(seed: 4))
    #expect(directions.squared().sum(over: [1]).numbers.allSatisfy { abs($0 - 1) < 1e-12 })
    let (x, y) = (normal(3_000, 3, seed: 1), normal(3_000, 3, mean: 1, seed: 2))
    let found = SlicedWasserstein(x, y, along: directions)
    #expect(abs(found.value - 1) < 4 * found.standardError + 0.01, "\(found)")
    #expect(found.standardError > 0.01 && found.standardError < 0.05)
    // What is left where both are the same: of the order n^(-1/2).
    let floor = SlicedWasserstein(x, normal(3_000, 3, seed: 5), along: directions).value
    #expect(floor > 0.005 && floor < 0.06)
  }

  /// The standard error is the spread over repetitions, within 35 %: of 40, one in 1000 is farther off by
  /// chance.
  @Test func slicedWassersteinsErrorIsItsSpread() {
    let directions = SlicedWasserstein.directions(60, 2, using: Generator(seed: 4))
    let found = (0..<40).map { seed in
      SlicedWasserstein(
        normal(300, 2, seed: 10 + UInt64(seed)), normal(300, 2, mean: 0.7, seed: 1000 + UInt64(seed)),
        along: directions)
    }
    let spread = Estimate(meanOf: found.map(\.value), unit: "").standardError * 40.0.squareRoot()
    // The directions are the same in all, so that their share is not in the spread.
    let overDirections = 0.25
    let stated = found[0].standardError
    #expect(
      stated > 0.65 * spread && stated < (1.35 + overDirections) * spread, "\(stated), spread \(spread)")
  }

  @Test func steinDiscrepancyTellsTheDensity() throws {
    let prior = StandardNormal(dimension: 4)
    func found(_ z: Tensor) throws -> Estimate {
      KernelSteinDiscrepancy(z, scores: try #require(KernelSteinDiscrepancy.scores(of: prior, at: z)))
        .estimate
    }
    let z = normal(1_200, 4, seed: 6)
    #expect(try #require(KernelSteinDiscrepancy.scores(of: prior, at: z)).bytes == (-z).bytes)
    let same = try found(z)
    #expect(abs(same.value) < 4 * same.standardError && same.standardError < 0.02)
    let wider = try found(z * 1.3)
    #expect(wider.value > 6 * wider.standardError)
    let edge = Tensor.ones([4])
    let flat = Independent(Uniform(low: -edge, high: edge))
    #expect(KernelSteinDiscrepancy.scores(of: flat, at: z) == nil)
  }

  /// D = 2 Phi(m / 2) - 1 for normals apart by m.
  @Test func kolmogorovSmirnovByDimension() {
    let x = normal(4_000, 3, seed: 1)
    let shift = Tensor([0, 0.4, 0] as [Float], shape: [3])
    let found = KolmogorovSmirnov(x, normal(4_000, 3, seed: 2) + shift)
    #expect(found.worst == 1)
    #expect(abs(found.statistics[1] - erf(0.2 / 2.0.squareRoot())) < 4 * (0.5 / 4_000.0).squareRoot())
    #expect(found.pValues[1] < 1e-20 && found.pValues[0] > 0.001 && found.pValues[2] > 0.001)
    #expect(found.pValue == 3 * found.pValues[1])
    let same = KolmogorovSmirnov(x, x)
    #expect(same.statistics == [0, 0, 0] && same.pValue == 1)
  }

  /// Means apart by far more than the posteriors are wide: log n. All posteriors the same: 0. In between, x ~
  /// N(0, 1) and z = x + e, e ~ N(0, s^2): log(1 + 1/s^2) / 2.
  @Test func informationBetweenItsEnds() {
    func found(_ means: Tensor, _ scale: Double, seed: UInt64) -> Estimate {
      let posterior = DiagonalNormal(mean: means, scale: scale)
      return Estimate(
        meanOf: MutualInformation(posterior.sample(using: Generator(seed: seed)), [posterior]).values,
        unit: "")
    }
    let apart = Tensor((0..<100).map { Float($0) }, shape: [100, 1])
    #expect(abs(found(apart, 0.01, seed: 1).value - log(100)) < 1e-5)
    #expect(abs(found(Tensor.zeros([100, 1]), 1, seed: 1).value) < 1e-5)
    let between = found(normal(3_000, 1, seed: 2), 0.5, seed: 3)
    #expect(abs(between.value - 0.5 * log(5)) < 4 * between.standardError)
  }

  @Test func unitsThatDoNothingAreNotActive() {
    let used = normal(1_000, 2, seed: 1)
    let means = Tensor.concatenate([used, normal(1_000, 3, scale: 0.05, seed: 2)], over: 1)
    let found = ActiveUnits(means: means, seed: 0)
    #expect(found.estimate.value == 2 && found.estimate.standardError == 0 && found.estimate.count == 1_000)
    // One at the threshold is counted in about half of all resamples.
    let near = ActiveUnits(means: normal(1_000, 1, scale: 0.1, seed: 3), seed: 0)
    #expect(near.estimate.standardError > 0.2)
  }

  @Test func clustersAreFoundAndMatched() {
    let centres = Tensor([0, 0, 10, 0, 0, 10] as [Float], shape: [3, 2])
    let classes = (0..<300).map { $0 % 3 }
    let places = Tensor(classes.map(Int64.init), shape: [300])
    let points = centres.gathered(places) + normal(300, 2, seed: 1)
    let found = KMeans(points, count: 3, using: Generator(seed: 2))
    let agreement = ClusterAgreement(clusters: found.clusters, classes: classes)
    #expect(agreement.isMatched.allSatisfy { $0 } && abs(agreement.normalisedMutualInformation - 1) < 1e-12)
    #expect(abs(found.inertia / 600 - 1) < 0.2)
    // More clusters than classes: those left over match none. One cluster: it matches the most frequent.
    let split = ClusterAgreement(clusters: [0, 1, 2, 3], classes: [0, 0, 1, 1])
    #expect(split.isMatched.count { $0 } == 2)
    let single = ClusterAgreement(clusters: [0, 0, 0], classes: [1, 0, 1])
    #expect(single.isMatched == [true, false, true] && single.normalisedMutualInformation == 0)
    #expect(Assignment.leastCost([]) == [] && Assignment.leastCost([[3]]) == [0])
  }

  @Test func gapOfDisentangledCodes() {
    let factors = [(0..<2_000).map { $0 % 4 }, (0..<2_000).map { $0 / 4 % 3 }]
    func column(_ values: [Int]) -> Tensor { Tensor(values.map { Float($0) }, shape: [2_000, 1]) }
    let noise = normal(2_000, 2, scale: 0.01, seed: 1)
    let apart = Tensor.concatenate([column(factors[0]), column(factors[1])], over: 1) + noise
    #expect(MutualInformationGap(apart, factors: factors).value > 0.98)
    let twice = Tensor.concatenate([column(factors[0]), column(factors[0])], over: 1) + noise
    #expect(MutualInformationGap(twice, factors: [factors[0]]).value < 0.01)
    #expect(MutualInformationGap(Tensor.ones([2_000, 2]), factors: factors).value == 0)
  }

  /// |m|^2 and (s - 1)^2 d for N(0, I) and N(m, s^2 I), and 0 for a set and itself.
  @Test func frechetDistanceOfNormals() {
    let x = normal(20_000, 3, seed: 1)
    #expect(abs(FrechetDistance(x, x).value) < 1e-6)
    let found = FrechetDistance.estimate(
      normal(4_000, 3, seed: 1), normal(4_000, 3, mean: 0.5, scale: 1.5, seed: 2), resamples: 30, seed: 3)
    #expect(abs(found.value - 1.5) < 5 * found.standardError + 0.005, "\(found)")
    #expect(found.standardError < 0.15)
    // A feature that never varies leaves a number.
    #expect(FrechetDistance(x * Tensor([1, 1, 0] as [Float], shape: [3]), x).value.isFinite)
  }

  @Test func overlapTellsPrecisionFromRecall() {
    let ends = Tensor.concatenate([normal(200, 2, seed: 1), normal(200, 2, mean: 20, seed: 2)], over: 0)
    let one = normal(200, 2, seed: 3)
    func share(_ values: [Bool]) -> Double { Double(values.count { $0 }) / Double(values.count) }
    let dropped = ManifoldOverlap(data: ends, samples: one)
    #expect(share(dropped.sampleIsInData) > 0.9 && abs(share(dropped.dataIsInSamples) - 0.5) < 0.05)
    let invented = ManifoldOverlap(data: one, samples: ends)
    #expect(abs(share(invented.sampleIsInData) - 0.5) < 0.05 && share(invented.dataIsInSamples) > 0.9)
  }

  /// What is computed by strips is what rows alone give.
  @Test func stripsLeaveNoSeams() {
    let (x, y) = (normal(510, 3, seed: 1), normal(120, 3, seed: 2))
    func row(_ index: Int) -> Tensor { x.narrowed(0, from: index, length: 1) }
    let classifier = NearestNeighbourClassifier(y, labels: (0..<120).map { $0 % 3 })
    let window = ParzenWindow(y)
    let (classes, densities) = (classifier.classes(of: x), window.logDensities(of: x, widths: [0.5])[0])
    let overlap = ManifoldOverlap(data: y, samples: x).sampleIsInData
    #expect(classes.count == 510 && densities.count == 510 && overlap.count == 510)
    for index in [0, 249, 250, 499, 500, 509] {
      #expect(classifier.classes(of: row(index)) == [classes[index]])
      #expect(abs(window.logDensities(of: row(index), widths: [0.5])[0][0] - densities[index]) < 1e-9)
    }
    // A discrepancy does not depend on where its 500 rows end.
    let order = Tensor((0..<510).map { Int64(509 - $0) }, shape: [510])
    func discrepancy(_ z: Tensor) -> Double {
      KernelDiscrepancy(z, y, kernel: .gaussian(width: 1), using: Generator(seed: 0)).value
    }
    #expect(abs(discrepancy(x) - discrepancy(x.gathered(order))) < 1e-6)
    func stein(_ z: Tensor) -> Double { KernelSteinDiscrepancy(z, scores: -z).estimate.value }
    #expect(abs(stein(x) - stein(x.gathered(order))) < 1e-9)
  }

  /// Digits drawn by the program, which the classifier was never shown.
  @Test func theStoredClassifierKnowsDigits() throws {
    let network = try FeatureClassifier(storedOn: .cpu)
    let digits = try Dataset.load(
      ConfigurationLoader.load("vae-mnist", settings: ["data.name=drawn-digits", "data.count=600"]), .test)
    let found = withoutGradients { network.logits(digits.features).argMax(over: 1).values(as: Int64.self) }
    let right = zip(found, try #require(digits.labels)).count { Int($0) == $1 }
    #expect(Double(right) / Double(digits.count) > 0.6, "\(right) of \(digits.count)")
    #expect(withoutGradients { network.allFeatures(digits.features) }.shape == [digits.count, 64])
  }

  /// The middle 95 % of resampled means hold the true mean in 95 % of all cases: of 200, between 175 and 199
  /// in 99.9 %.
  @Test func intervalsHoldTheTruth() {
    let held = (0..<200).count { seed in
      let values = normal(80, 1, mean: 3, seed: UInt64(seed)).numbers
      return Bootstrap.interval(ofMean: values, resamples: 300, seed: UInt64(seed)).contains(3)
    }
    #expect((175...199).contains(held), "\(held)")
    #expect(Bootstrap.interval(ofMean: [2, 2, 2], seed: 0) == 2...2)
    let values = normal(400, 1, seed: 1).numbers
    var bootstrap = Bootstrap(400, seed: 5)
    let error = bootstrap.standardError(400) { places in places.reduce(0) { $0 + values[$1] } / 400 }
    #expect(abs(error / Estimate(meanOf: values, unit: "").standardError - 1) < 0.15)
  }
}
