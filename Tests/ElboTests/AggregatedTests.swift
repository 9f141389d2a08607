import Elbo
import ElboData
import Foundation
import Testing
import Torch

/// The aggregated posterior against the prior: estimators against closed forms, at fixed seeds.
@Suite struct AggregatedTests {
  private func normal(_ count: Int, _ dimension: Int, mean: Double = 0, scale: Double = 1, seed: UInt64)
    -> Tensor
  {
    Tensor.standardNormal([count, dimension], using: Generator(seed: seed)) * scale + mean
  }

  /// E log q = -d/2 log(2 pi e sigma^2). Within four standard errors, one in 16,000 by chance.
  @Test(arguments: [(1, 1.0), (2, 1.0), (2, 0.05), (3, 4.0)])
  func entropyOfANormal(_ dimension: Int, _ scale: Double) {
    let z = normal(8_000, dimension, scale: scale, seed: 3)
    let estimate = Estimate(meanOf: NeighbourDensity(of: z).logDensities, unit: "nats")
    let exact = -Double(dimension) / 2 * log(2 * Double.pi * M_E * scale * scale)
    #expect(abs(estimate.value - exact) < 4 * estimate.standardError + 0.005)
    #expect(estimate.standardError < 0.03)
  }

  @Test func equalSamplesGiveNoInfinity() {
    let z = Tensor.zeros([50, 2])
    let densities = NeighbourDensity(of: z).logDensities
    #expect(densities.allSatisfy { $0.isFinite })
  }

  /// In one dimension, X ~ N(0, 1) and Y ~ N(m, 1): E|X - Y| = sqrt 2 (2 phi(a) + a (2 Phi(a) - 1)), a = m /
  /// sqrt 2.
  @Test(arguments: [0.5, 2.0]) func energyDistanceOfNormals(_ m: Double) {
    let found = EnergyDistance(normal(3_000, 1, seed: 1), normal(3_000, 1, mean: m, seed: 2)).estimate
    let a = m / 2.0.squareRoot()
    let phi = exp(-a * a / 2) / (2 * Double.pi).squareRoot()
    let between = 2.0.squareRoot() * (2 * phi + a * erf(a / 2.0.squareRoot()))
    let exact = 2 * between - 4 / Double.pi.squareRoot()
    #expect(abs(found.value - exact) < 4 * found.standardError)
    #expect(found.standardError < 0.15 * exact)
  }

  @Test func energyDistanceOfTheSameIsNearZero() {
    let found = EnergyDistance(normal(3_000, 2, seed: 1), normal(3_000, 2, seed: 2)).estimate
    #expect(abs(found.value) < 0.005)
  }

  /// q(z|x) = N(0, sigma^2 I) for all x with log sigma = 1: KL = sigma^2 - 1 - 2 log sigma in two dimensions.
  @Test func divergenceOfAKnownAggregate() throws {
    let configuration = try configuration(
      "avb-four-points", "posterior.kind=gaussian", "divergence.kind=kl", "encoder.hidden=[]")
    let dataset = try Dataset.load(configuration, .test)
    let model = try ModelBuilder.build(configuration, shape: dataset.shape, using: Generator(seed: 1))
    let weight = try #require(model.weights["encoder.network.layers.0.weight"])
    let bias = try #require(model.weights["encoder.network.layers.0.bias"])
    withoutGradients {
      weight.copy(from: Tensor.zeros(weight.shape))
      bias.copy(from: Tensor([0, 0, 1, 1] as [Float], shape: [4]))
    }
    let evaluator = Evaluator(model: model, dataset: dataset, configuration: configuration)
    let found = try #require(try evaluator.evaluate(["aggregated-kl"])["aggregated-kl"])
    let exact = exp(2.0) - 1 - 2
    #expect(abs(found.value - exact) < 4 * found.standardError + 0.01)
  }

  @Test func walksFollowThePriorsAxes() throws {
    let ring = MixturePrior(latentDimension: 3, components: 4, reach: 4, scales: (along: 0.5, across: 0.1))
    let walk = try #require(ring.walk(5))
    #expect(walk.shape == [20, 3])
    let places = walk.numbers
    // Component 1 points along the second axis: from 3 to 5 there.
    let second = (5..<10).map { Array(places[$0 * 3..<$0 * 3 + 3]) }
    for (place, expected) in zip(second, [3.0, 3.5, 4.0, 4.5, 5.0]) {
      #expect(abs(place[0]) < 1e-5 && abs(place[1] - expected) < 1e-5 && place[2] == 0)
    }
    let roll = try #require(SwissRollPrior(latentDimension: 2, classes: 10, reach: 6).walk(3))
    for (index, point) in roll.numbers.chunks(of: 2).enumerated() {
      let t = (Double(index) + 0.5) / 30
      #expect(abs((point[0] * point[0] + point[1] * point[1]).squareRoot() - 6 * t.squareRoot()) < 1e-4)
    }
  }
}

extension Array {
  fileprivate func chunks(of size: Int) -> [[Element]] {
    stride(from: 0, to: count, by: size).map { Array(self[$0..<$0 + size]) }
  }
}
