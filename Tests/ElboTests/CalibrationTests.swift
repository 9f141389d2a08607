import Elbo
import Foundation
import Testing
import Torch

/// What the audit of a discriminator and the gaps of a bound come to where the truth is known.
struct CalibrationTests {
  /// q(z|x) = p(z) = N(0, I) by an implicit posterior that hands its noise on, and a discriminator that says the same
  /// of every pair: right where that is 0.
  private func constantDiscriminator(saying logit: Float) throws -> any LatentVariableModel {
    let built = try model(
      "avb-four-points",
      [
        "encoder.hidden=[]", "decoder.hidden=[]", "discriminator.hidden=[]", "posterior.noiseDimension=2",
      ])
    let weights = built.weights
    func set(_ name: String, _ values: [Float]) throws {
      let tensor = try #require(weights[name])
      tensor.copy(from: Tensor(values, shape: tensor.shape))
    }
    try set("encoder.network.layers.0.weight", [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    try set("encoder.network.layers.0.bias", [0, 0])
    try set("discriminator.network.layers.0.weight", [Float](repeating: 0, count: 6))
    try set("discriminator.network.layers.0.bias", [logit])
    return built
  }

  private func audit(_ model: any LatentVariableModel) throws -> [String: Estimate] {
    try LikelihoodTests.evaluator(
      model, LikelihoodTests.dataset(Tensor.identity(4).tiled([16, 1])), LikelihoodTests.options()
    ).evaluate(["calibration"])
  }

  @Test func theAuditPassesARightDiscriminator() throws {
    let found = try audit(constantDiscriminator(saying: 0))
    #expect(found.values.compactMap(\.warning) == [])
    #expect(abs(try #require(found["calibration"]).value) < 0.03)
    #expect(try #require(found["calibration-kl-by-discriminator"]).value == 0)
    // Each row of a matrix of weights W has E log p(x|z) below log p(x) by Jensen's inequality.
    #expect(try #require(found["calibration-elbo-excess"]).value < 0)
    #expect(try #require(found["calibration-reliability-error"]).value < 0.01)
  }

  @Test func theAuditFlagsAWrongOne() throws {
    let found = try audit(constantDiscriminator(saying: -3))
    #expect(abs(try #require(found["calibration"]).value + 3) < 0.03)
    #expect(try #require(found["calibration"]?.warning).contains("is off by -3.0"))
    let excess = try #require(found["calibration-elbo-excess"])
    #expect(try #require(excess.warning).hasPrefix("this ELBO exceeds log p(x): "))
    // Softplus losses of +-3 against 2 log 2 at 0: 3.097 - 1.386.
    let gain = try #require(found["calibration-two-sample-gain"])
    #expect(abs(gain.value - 1.711) < 0.03 && gain.warning != nil, "\(gain)")
    // It says 4.7 % of pairs that are half of each kind.
    let error = try #require(found["calibration-reliability-error"])
    #expect(abs(error.value - 0.4526) < 0.01)
  }

  @Test func reliability() {
    // Probabilities .25 and .75, right and wrong by halves.
    let odds = log(3.0)
    let even = Reliability(posterior: [odds, odds, odds, -odds], reference: [-odds, -odds, -odds, odds])
    #expect(even.bins.map(\.count) == [4, 4])
    #expect(zip(even.bins, [0.25, 0.75]).allSatisfy { abs($0.fraction - $1) < 1e-12 })
    #expect(zip(even.bins, [0.25, 0.75]).allSatisfy { abs($0.probability - $1) < 1e-12 })
    #expect(abs(even.error.value) < 1e-12)
    #expect(abs(Reliability(posterior: [odds], reference: [odds]).error.value - 0.25) < 1e-12)
  }

  @Test func neighboursFindANormalDensity() {
    let generator = Generator(seed: 3)
    let samples = Tensor.standardNormal([20_000, 2], using: generator)
    let queries = Tensor.standardNormal([500, 2], using: generator)
    let found = NeighbourDensity(of: samples, at: queries).logDensities
    let exact = (queries.squared().sum(over: [1]) * -0.5 - log(2 * Double.pi)).numbers
    let error = Estimate(meanOf: zip(found, exact).map { $0 - $1 }, unit: "")
    // A single estimate of rank 5 has a standard deviation near 1 / sqrt(5).
    #expect(abs(error.value) < 4 * error.standardError && error.standardError < 0.03, "\(error)")
  }

  /// A posterior whose mean is one standard deviation off along one axis: 1/2 nat, all of it the encoder's fault.
  @Test func theGapsOfAShiftedPosterior() throws {
    let linear = try EvaluationTests.LinearGaussian(2, kl: "analytic", count: 12)
    let bias = try #require(linear.model.weights["encoder.network.layers.0.bias"])
    let scale = exp(bias.numbers[2])
    bias.detached().copy(from: bias.detached() + Tensor([Float(scale), 0, 0, 0], shape: [4]))
    let evaluator = LikelihoodTests.evaluator(linear.model, linear.dataset, LikelihoodTests.options())
    let found = try evaluator.evaluate(["posterior-kl", "inference-gap"])
    #expect(abs(try #require(found["posterior-kl"]).value - 0.5) < 1e-3)
    // The bound is by 200 draws of a reconstruction whose deviation is about 1.
    #expect(abs(try #require(found["inference-gap"]).value - 0.5) < 0.1, "\(found)")
    #expect(abs(try #require(found["inference-gap-approximation"]).value) < 0.06, "\(found)")
    #expect(abs(try #require(found["inference-gap-amortisation"]).value - 0.5) < 0.06, "\(found)")
  }

  @Test func samplesOfTheTruePosterior() throws {
    let linear = try EvaluationTests.LinearGaussian(2, count: 1)
    let normal = try #require(linear.model.posterior(given: linear.dataset.batch).distribution)
    let samples = withoutGradients {
      Quadrature(linear.model).posteriorSamples(
        given: linear.dataset.features, 4000, using: Generator(seed: 6))
    }
    // Minus the mean log density of its own samples is the entropy; its deviation is 1 for two dimensions.
    let found = Estimate(meanOf: withoutGradients { normal.logDensity(at: samples) }.numbers, unit: "")
    let own = Estimate(
      meanOf: withoutGradients {
        normal.logDensity(at: normal.sample([4000], using: Generator(seed: 7)))
      }.numbers, unit: "")
    #expect(abs(found.value - own.value) < 5 * hypot(found.standardError, own.standardError))
  }
}
