import Elbo
import ElboData
import ElboDistributions
import Foundation
import Testing
import Torch

/// Estimators of evaluation against what SciPy, scikit-learn, scikit-image and POT make of the same inputs:
/// `Golden/make_evaluation_golden.py`.
@Suite struct EstimatorTests {
  private let golden: [String: Tensor]

  init() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    golden = try Safetensors(contentsOf: folder.appending(path: "Golden/evaluation.safetensors")).tensors
  }

  private func at(_ name: String) throws -> Tensor { try #require(golden[name]) }
  private func number(_ name: String) throws -> Double { try at(name).item() }
  private func classes(_ name: String) throws -> [Int] { try at(name).values(as: Int64.self).map { Int($0) } }
  private func expect(
    _ found: [Double], _ name: String, tolerance: Double, location: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try at(name).numbers
    #expect(found.count == expected.count, sourceLocation: location)
    for (a, b) in zip(found, expected) {
      #expect(
        abs(a - b) <= tolerance * (1 + abs(b)), "\(name): \(a), expected \(b)", sourceLocation: location)
    }
  }

  @Test func kernelDiscrepancies() throws {
    let (x, y) = (try at("samples/x"), try at("samples/y").narrowed(0, from: 0, length: 41))
    let generator = Generator(seed: 1)
    func discrepancy(_ kernel: KernelDiscrepancy.Kernel) -> KernelDiscrepancy {
      // The groups are told in single precision.
      KernelDiscrepancy(
        x.converted(to: .float32), y.converted(to: .float32), kernel: kernel, using: generator)
    }
    let mmd = discrepancy(.gaussian(width: try number("mmd/width")))
    try expect([mmd.value], "mmd/value", tolerance: 1e-6)
    try expect([discrepancy(.negativeDistance).value], "energy/value", tolerance: 1e-5)
    // NumPy takes the mean of the two middle distances, and here the lower one is taken.
    let median = KernelDiscrepancy.medianDistance(x, y, using: generator)
    try expect([median], "mmd/median", tolerance: 1e-3)
  }

  @Test func slicedWasserstein() throws {
    let found = SlicedWasserstein(
      try at("samples/x"), try at("samples/y"), along: try at("sliced/directions"))
    try expect([found.value], "sliced/value", tolerance: 1e-12)
  }

  @Test func kernelStein() throws {
    let found = KernelSteinDiscrepancy(try at("samples/x"), scores: try at("stein/scores"))
    // The expected value is by differences.
    try expect([found.estimate.value], "stein/value", tolerance: 1e-8)
  }

  @Test func kolmogorovSmirnov() throws {
    let found = KolmogorovSmirnov(
      try at("samples/x"), try at("samples/y").narrowed(0, from: 0, length: 41))
    try expect(found.statistics, "ks/statistics", tolerance: 1e-12)
    try expect(found.pValues, "ks/p", tolerance: 1e-10)
  }

  @Test func mutualInformation() throws {
    let (mean, scale) = (try at("information/means"), try at("information/scales"))
    let posteriors = [(0, 25), (25, 35)].map { start, length in
      DiagonalNormal(
        mean: mean.narrowed(0, from: start, length: length),
        scale: scale.narrowed(0, from: start, length: length))
    }
    let found = MutualInformation(try at("information/z"), posteriors)
    try expect(found.values, "information/values", tolerance: 1e-10)
  }

  @Test func classifiersOfCodes() throws {
    let (z, labels) = (try at("codes/z"), try classes("codes/classes"))
    let (train, test) = (z.narrowed(0, from: 0, length: 100), z.narrowed(0, from: 100, length: 50))
    func accuracy(_ found: [Int]) -> Double {
      Double(zip(found, labels.suffix(50)).count { $0 == $1 }) / 50
    }
    let neighbours = NearestNeighbourClassifier(train, labels: Array(labels.prefix(100)))
    try expect([accuracy(neighbours.classes(of: test))], "neighbours/accuracy", tolerance: 1e-12)
    let probe = LinearProbe(train, labels: Array(labels.prefix(100)))
    try expect(probe.probabilities(of: test).numbers, "probe/probabilities", tolerance: 1e-5)
    try expect([accuracy(probe.classes(of: test))], "probe/accuracy", tolerance: 1e-12)
  }

  @Test func clusters() throws {
    let agreement = ClusterAgreement(
      clusters: try classes("clusters/found"), classes: try classes("codes/classes"))
    let matched = Double(agreement.isMatched.count { $0 }) / Double(agreement.isMatched.count)
    try expect([matched], "clusters/accuracy", tolerance: 1e-12)
    try expect([agreement.normalisedMutualInformation], "clusters/nmi", tolerance: 1e-12)
    let cost = try at("assignment/cost").numbers
    let columns = Assignment.leastCost((0..<7).map { Array(cost[7 * $0..<7 * $0 + 7]) })
    #expect(try columns == classes("assignment/columns"))
    let gap = MutualInformationGap(try at("codes/z"), factors: [try classes("codes/classes")])
    try expect([gap.value], "gap/value", tolerance: 1e-10)
  }

  @Test func structuralSimilarity() throws {
    let similarity = StructuralSimilarity(ImageShape(channels: 1, height: 16, width: 14), range: 1)
    let (x, y) = (try at("images/x"), try at("images/y"))
    try expect(similarity(x, y).numbers, "images/ssim", tolerance: 1e-6)
    #expect(similarity(x, x).numbers.allSatisfy { abs($0 - 1) < 1e-12 })
    // Of three channels, the mean.
    let coloured = StructuralSimilarity(ImageShape(channels: 3, height: 16, width: 14), range: 1)
    let mean = coloured(x.reshaped([2, -1]), y.reshaped([2, -1])).numbers
    let each = similarity(x, y).numbers
    #expect(abs(mean[1] - each.suffix(3).reduce(0, +) / 3) < 1e-12)
  }

  @Test func featureStatistics() throws {
    let (a, b) = (try at("features/a"), try at("features/b"))
    try expect([FrechetDistance(a, b).value], "features/distance", tolerance: 1e-7)
    let overlap = ManifoldOverlap(data: a, samples: b)
    func share(_ values: [Bool]) -> Double { Double(values.count { $0 }) / Double(values.count) }
    try expect([share(overlap.sampleIsInData)], "features/precision", tolerance: 1e-12)
    try expect([share(overlap.dataIsInSamples)], "features/recall", tolerance: 1e-12)
    let centred = b - b.mean(over: [0])
    let covariance = centred.transposed().matmul(centred) / 179
    try expect(covariance.symmetricEigenvalues().numbers, "features/eigenvalues", tolerance: 1e-12)
  }

  @Test func parzenWindow() throws {
    let window = ParzenWindow(try at("samples/x"))
    let width = try number("parzen/bandwidth")
    let found = window.logDensities(of: try at("samples/y"), widths: [0.1, width])
    try expect(found[1], "parzen/values", tolerance: 1e-10)
    // No width of a fine grid is better than the one that is chosen, but by what two per cent can do.
    let best = window.bestWidth(for: try at("samples/y"))
    let grid = (0..<200).map { 0.02 * pow(100, Double($0) / 199) }
    let sums = window.logDensities(of: try at("samples/y"), widths: grid + [best]).map { $0.reduce(0, +) }
    #expect(try #require(sums.last) > sums.dropLast().max()! - 0.05)
  }
}
