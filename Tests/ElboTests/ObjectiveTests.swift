import Elbo
import Foundation
import Testing
import Torch

/// What a step minimises, which parameters it moves, and how many random numbers it takes.
struct ObjectiveTests {
  private static let small = ["encoder.hidden=[9]", "decoder.hidden=[8]", "discriminator.hidden=[7]"]
  private static let points = ["data.name=four-points", "data.pointsPerClass=5", "data.sampling=full"]
  static let models = [
    ["vae-fashion"], ["vae-fashion", "divergence.kl=monte-carlo"], ["avb-four-points"],
    ["avb-four-points", "posterior.kind=gaussian", "divergence.discriminatorSteps=2"], ["aae-mnist"],
    ["aae-mnist", "posterior.kind=gaussian"], ["aae-mnist", "posterior.kind=implicit"],
    ["aae-mnist", "variant=faithful"],
  ]

  private let x = Tensor.identity(4).repeatedEach(5)

  private func built(_ words: [String], _ settings: String...) throws -> any LatentVariableModel {
    try model(words[0], words.dropFirst() + Self.small + settings)
  }

  /// The value of the generator's objective in the last phase, and the phase's metrics.
  private func last(
    _ model: any LatentVariableModel, step: Int = 0
  ) throws -> (objective: Double, metrics: [MetricName: Double]) {
    let context = StepContext(Batch(x), step: step, generator: Generator(seed: 3))
    let results = model.phases.map { $0.forward(context) }
    let result = try #require(results.last)
    let objective = try #require(result.objectives.first { $0.updates == .generator })
    return (
      objective.value.item(),
      result.metrics().reduce(into: [:]) { $0[$1.name] = $1.value.item() }
    )
  }

  @Test(arguments: models) func aGroupThatStandsStillIsLeftAlone(_ words: [String]) throws {
    for frozen in ["optimiser", "discriminatorOptimiser"] {
      // A rate that changes no single-precision number.
      let settings = words.dropFirst() + Self.small + Self.points + [frozen + ".learningRate=1.0e-60"]
      let trainer = try trainer(words[0], Array(settings))
      let before = trainer.model.weights.mapValues(\.bytes)
      for _ in 0..<3 { trainer.advance() }
      for (name, bytes) in trainer.model.weights.mapValues(\.bytes) {
        let isFrozen = name.hasPrefix("discriminator") == (frozen == "discriminatorOptimiser")
        #expect((bytes == before[name]) == isFrozen, "\(name) under a still \(frozen)")
      }
    }
  }

  @Test func bothObjectivesOfTheDensityRatioShareOneForwardPass() throws {
    let avb = try built(["avb-four-points"])
    #expect(avb.phases.map(\.name) == ["generator and discriminator"])
    let generator = Generator(seed: 5)
    let result = try #require(avb.phases.first).forward(StepContext(Batch(x), step: 0, generator: generator))
    #expect(result.objectives.map(\.updates) == [.generator, .discriminator])
    _ = result.metrics()
    // One draw of the encoder's noise, one of the prior, and no other.
    let same = Generator(seed: 5)
    _ = Tensor.standardNormal([20, 4], using: same)
    _ = Tensor.standardNormal([20, 2], using: same)
    let drewTheSame = generator.state == same.state
    #expect(drewTheSame)
    // T takes its minimum over both from the very samples that the generator is moved by.
    let encoder = avb.parameters(of: .generator).tensors[0]
    let slopes = result.objectives.map {
      gradient(of: $0.value, withRespectTo: [encoder], keepingGraph: true)[0]
    }
    #expect(slopes.allSatisfy { $0 != nil })
  }

  @Test func moreDiscriminatorUpdatesComeFirst() throws {
    let avb = try built(["avb-four-points"], "divergence.discriminatorSteps=4")
    #expect(avb.phases.map(\.name) == ["discriminator", "generator and discriminator"])
    #expect(avb.phases.map(\.repeats) == [3, 1])
    let context = StepContext(Batch(x), step: 0, generator: Generator(seed: 5))
    #expect(try #require(avb.phases.first).forward(context).objectives.map(\.updates) == [.discriminator])
  }

  @Test(arguments: [
    ("divergence.discriminatorUpdates=joint", ["discriminator", "generator"]),
    (
      "divergence.discriminatorUpdates=separate",
      ["discriminator of samples", "discriminator of codes", "generator"]
    ),
  ])
  func theDiscriminatorOfCodesMovesBeforeTheGenerator(_ setting: String, _ names: [String]) throws {
    let aae = try built(["aae-mnist", "posterior.kind=implicit", "latent.dimension=3"], setting)
    #expect(aae.phases.map(\.name) == names)
    let generator = Generator(seed: 5)
    let context = StepContext(Batch(x), step: 0, generator: generator)
    let roles = aae.phases.map { $0.forward(context).objectives.map(\.updates) }
    #expect(roles == names.map { [$0 == "generator" ? .generator : .discriminator] })
    // One pass of the encoder and one draw of the prior serve all phases.
    let same = Generator(seed: 5)
    for _ in 0..<2 { _ = Tensor.standardNormal([20, 3], using: same) }
    let drewTheSame = generator.state == same.state
    #expect(drewTheSame)
    #expect(try built(["aae-mnist"], "divergence.discriminatorSteps=3").phases.map(\.repeats) == [3, 1])
  }

  @Test(arguments: models) func theScaleMultipliesTheObjectiveAlone(_ words: [String]) throws {
    let one = try last(built(words, "training.objectiveScale=1"))
    let three = try last(built(words, "training.objectiveScale=3"))
    #expect(abs(three.objective - 3 * one.objective) <= 1e-5 * abs(one.objective))
    #expect(three.metrics == one.metrics)
  }

  @Test(arguments: models) func theDivergencesWeightFollowsItsSchedule(_ words: [String]) throws {
    for (step, factor) in [(0, 0.1), (4, 0.5), (9, 1), (50, 1)] {
      let (objective, metrics) = try last(
        built(
          words, "divergence.beta=0.7", "divergence.betaSchedule.kind=warm-up",
          "divergence.betaSchedule.steps=10",
          "training.objectiveScale=1"), step: step)
      let term = try #require(metrics[.kl] ?? metrics[.logDensityRatio] ?? metrics[.adversarial])
      let reconstruction = try #require(metrics[.reconstruction])
      #expect(abs(objective - (0.7 * factor * term - reconstruction)) <= 1e-5 * (1 + abs(objective)))
    }
  }

  @Test func aGradientThatIsClippedMovesByTheLimit() throws {
    for (limit, isShort) in [(0.01, true), (1e6, false)] {
      let settings = ["training.gradientClip=\(limit)", "optimiser.kind=sgd", "optimiser.beta1=0.0"]
      let rate = 0.5
      let trainer = try trainer(
        "avb-four-points", Self.small + Self.points + settings + ["optimiser.learningRate=\(rate)"])
      let parameters = trainer.model.parameters(of: .generator).tensors
      let before = parameters.map(\.numbers)
      trainer.advance()
      let squares = zip(before, parameters.map(\.numbers)).map { a, b in
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let norm = squares.reduce(0, +).squareRoot() / rate
      #expect(isShort ? abs(norm - limit) < 1e-3 * limit : norm > 0.05 && norm < limit, "\(norm)")
    }
  }

  /// Means over 20,000 examples agree within five standard errors: wrong once in 1.7 million streams of
  /// numbers.
  @Test func bothWaysToTheDivergenceAgree() throws {
    let analytic = try built(["vae-fashion"])
    let sampled = try built(["vae-fashion", "divergence.kl=monte-carlo"])
    let features = Tensor.uniform([20_000, 4], using: Generator(seed: 2))
    let dataset = Dataset(
      name: "uniform", features: features, labels: nil, classNames: [], image: nil, range: 0...1)
    let options = RunConfiguration()
    let exact = try #require(
      Evaluator(model: analytic, dataset: dataset, configuration: options).evaluate(["kl"])["kl"])
    let estimate = try #require(
      Evaluator(model: sampled, dataset: dataset, configuration: options).evaluate(["kl"])["kl"])
    #expect(exact.value > 0.01)
    #expect(abs(exact.value - estimate.value) < 5 * estimate.standardError, "\(exact) \(estimate)")
    #expect(estimate.standardError < 0.1 * exact.value)
  }
}
