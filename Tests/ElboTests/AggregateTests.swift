import Elbo
import ElboData
import ElboDistributions
import Foundation
import Testing
import Torch

/// Densities that are fitted to codes.
@Suite struct AggregateTests {
  /// Three components of different weights, shapes and directions, far enough apart to be told.
  private let truth = Mixture(
    weights: Tensor([Float(0.5), 0.3, 0.2], shape: [3]),
    components: FullCovarianceNormal(
      mean: Tensor([Float(0), 0, 6, 0, 0, -5], shape: [3, 2]),
      scaleTriangle: Tensor(
        [Float(1), 0, 0.8, 0.5, 0.3, 0, -0.2, 2, 1.5, 0, 0, 0.4], shape: [3, 2, 2])))

  private static func mean(_ distribution: any Distribution, _ points: Tensor) -> Double {
    withoutGradients { distribution.logDensity(at: points).mean().item() }
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func mixturesAreRecovered(_ seed: UInt64) throws {
    let generator = Generator(seed: seed)
    let (points, others) = (
      truth.sample([4000], using: generator), truth.sample([20_000], using: generator)
    )
    let fit = NormalMixtureDensity(components: 3).fit(points, using: generator)
    let found = try #require(fit.distribution as? Mixture<FullCovarianceNormal>)
    #expect(fit.distribution.logDensity(at: points).elementType == .float32)
    let means = found.components.mean.numbers
    for (k, weight) in [0.5, 0.3, 0.2].enumerated() {
      let own = truth.components.mean.numbers[2 * k...2 * k + 1].map { $0 }
      let nearest = try #require(
        (0..<3).min {
          hypot(means[2 * $0] - own[0], means[2 * $0 + 1] - own[1])
            < hypot(means[2 * $1] - own[0], means[2 * $1 + 1] - own[1])
        })
      // 800 points or more each, of deviation 2 or less: five standard errors, once in 1.7 million each.
      #expect(abs(means[2 * nearest] - own[0]) < 5 * 2 / Double(800).squareRoot())
      #expect(abs(means[2 * nearest + 1] - own[1]) < 5 * 2 / Double(800).squareRoot())
      let share = exp(found.index.logProbabilities.numbers[nearest])
      #expect(abs(share - weight) < 5 * 0.5 / Double(4000).squareRoot())
    }
    // The expected loss of 17 fitted numbers is 17 / (2 x 4000) = .002 nats; of ten times that, none in practice.
    #expect(Self.mean(truth, others) - Self.mean(fit.distribution, others) < 0.02)
    #expect(
      Self.mean(NormalMixtureDensity(components: 1).fit(points, using: generator).distribution, others)
        < Self.mean(fit.distribution, others) - 0.3)
  }

  @Test(arguments: [1, 4, 12]) func noIterationLowersTheObjective(_ components: Int) {
    let points = truth.sample([500], using: Generator(seed: 4))
    let run = { (seed: UInt64) in
      ExpectationMaximisation(points).run(
        components: components, iterations: 60, tolerance: -.infinity, using: Generator(seed: seed))
    }
    let objectives = run(1).objectives
    #expect(objectives.count == 60 && objectives.allSatisfy(\.isFinite))
    for (before, after) in zip(objectives, objectives.dropFirst()) { #expect(after >= before - 1e-9) }
    // A seed decides everything.
    #expect(run(1).objectives == objectives)
    if components > 1 { #expect(run(2).objectives != objectives) }
    let settled = ExpectationMaximisation(points).run(
      components: components, iterations: 500, tolerance: 1e-4, using: Generator(seed: 1))
    #expect(settled.objectives.count < 500)
  }

  /// Points that lie on each other, that leave a direction unused, or that are fewer than components.
  @Test func degenerateCodesAreFitted() throws {
    let corners = Tensor([Float(0), 0, 1, 0, 0, 1, 1, 1], shape: [4, 2])
    let normal = Tensor.standardNormal([200, 2], using: Generator(seed: 1))
    let flat = Tensor.concatenate([normal.narrowed(1, from: 0, length: 1), Tensor.ones([200, 1])], over: 1)
    for (codes, components) in [
      (corners.repeatedEach(50), 4), (corners, 4), (Tensor.ones([30, 2]), 1), (flat, 10), (normal * 1e6, 10),
      (normal.narrowed(0, from: 0, length: 1), 1),
    ] {
      let mixture = NormalMixtureDensity(components: 10).fit(codes, using: Generator(seed: 2))
      let found = try #require(mixture.distribution as? Mixture<FullCovarianceNormal>)
      #expect(found.components.batchShape == [components], "\(codes.shape)")
      var fits = [mixture]
      var flow = FlowDensity()
      flow.steps = 60
      if codes.size(0) > 1 { fits.append(try flow.fit(codes, using: Generator(seed: 2))) }
      for fit in fits {
        withoutGradients {
          #expect(fit.distribution.logDensity(at: codes).allFinite, "\(codes.shape)")
          let draws = fit.distribution.sample([50], using: Generator(seed: 3))
          #expect(draws.shape == [50, 2] && draws.allFinite)
        }
      }
    }
  }

  /// A ring of deviation .1 around the circle of radius 2, stretched and moved.
  private func ring(_ count: Int, using generator: Generator) -> Tensor {
    let angle = Tensor.uniform([count], using: generator) * (2 * Double.pi)
    let radius = Tensor.standardNormal([count], using: generator) * 0.1 + 2
    return Tensor.stack([radius * angle.cos() * 3 + 5, radius * angle.sin() + 1], over: 1)
  }

  @Test func aFlowBendsWhereANormalDistributionCannot() throws {
    let generator = Generator(seed: 9)
    let (codes, others) = (ring(3000, using: generator), ring(3000, using: generator))
    var density = FlowDensity()
    density.steps = 400
    let flow = try density.fit(codes, using: Generator(seed: 1))
    let normal = NormalMixtureDensity(components: 1).fit(codes, using: Generator(seed: 1))
    #expect(Self.mean(flow.distribution, others) > Self.mean(normal.distribution, others) + 0.5)
    // The samples are those of the density: their radii are the ring's.
    let draws = withoutGradients { flow.distribution.sample([2000], using: generator) }
    let x = (draws.selected(1, at: 0) - 5) / 3
    let radius = (x.squared() + (draws.selected(1, at: 1) - 1).squared()).sqrt().numbers
    #expect(radius.filter { $0 > 1.5 && $0 < 2.5 }.count > 1500)
    // And a seed decides them.
    let again = try density.fit(codes, using: Generator(seed: 1))
    #expect(Self.mean(again.distribution, others) == Self.mean(flow.distribution, others))
    density.steps = 0
    let start = try density.fit(codes, using: Generator(seed: 1))
    // Maps of the identity leave the normal distribution with the fitted codes' moments.
    #expect(abs(Self.mean(start.distribution, others) - Self.mean(normal.distribution, others)) < 0.02)
  }

  @Test func whatCannotBeFittedIsRefused() throws {
    let one = try failure(ConfigurationError.self) {
      try FlowDensity().fit(Tensor.zeros([20, 1]), using: Generator(seed: 1))
    }
    #expect(one.description.contains("2 latent dimensions") && one.exitStatus == 2)
    let unknown = try failure(ConfigurationError.self) { try AggregateDensities.build("mixtur") }
    #expect(unknown.description.contains("did you mean 'mixture'?"))
    for components in [0, 1001] {
      var options = AggregateOptions()
      options.components = components
      let error = try failure(ConfigurationError.self) { try AggregateDensities.build("mixture", options) }
      #expect(error.location == "--components")
    }
  }

  @Test func activityIsTheVarianceOfTheMeans() throws {
    for posterior in ["gaussian", "implicit"] {
      let configuration = try ConfigurationLoader.load(
        "vae-fashion",
        settings: [
          "data.name=drawn-digits", "data.size=8", "data.count=600", "latent.dimension=3",
          "posterior.kind=\(posterior)", "divergence.kind=adversarial", "encoder.hidden=[16]",
        ])
      let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
      let data = trainer.dataset
      let means = try PosteriorMeans(trainer.model, data, samples: 8, using: Generator(seed: 1))
      let exact = withoutGradients {
        trainer.model.encodeMean(data.batch, samples: 1000, using: Generator(seed: 2))
      }
      let expected = exact.variance(over: [0], correction: 0).numbers
      #expect(means.codes.shape == [600, 3])
      for (found, expected) in zip(means.activity, expected) {
        // Averages of 4 draws by themselves would add a quarter of the posterior's variance.
        #expect(abs(found - expected) < (posterior == "gaussian" ? 1e-4 : 0.15) * expected, "\(posterior)")
      }
      let labels = try #require(data.labels)
      let places = labels.indices.filter { labels[$0] == 3 }
      let own = try #require(means.mean(ofClass: 3)).numbers
      let rows = means.codes.numbers
      for unit in 0..<3 {
        let average = places.reduce(0) { $0 + rows[3 * $1 + unit] } / Double(places.count)
        #expect(abs(own[unit] - average) < 1e-5)
      }
      #expect(means.mean(ofClass: 77) == nil)
    }
  }

  @Test func shuffledExamplesKeepTheirLabels() throws {
    let configuration = try configuration(
      "vae-fashion", "data.name=drawn-digits", "data.size=8", "data.count=50")
    let data = try Dataset.load(configuration, .train)
    let chosen = data.shuffled(20, using: Generator(seed: 1))
    #expect(chosen.count == 20 && data.shuffled(70, using: Generator(seed: 1)).count == 50)
    let rows = (0..<50).map { data.features.selected(0, at: $0).numbers }
    for index in 0..<20 {
      let place = try #require(rows.firstIndex(of: chosen.features.selected(0, at: index).numbers))
      #expect(chosen.labels?[index] == data.labels?[place])
    }
    #expect(Set((0..<20).map { chosen.features.selected(0, at: $0).numbers }).count == 20)
  }
}
