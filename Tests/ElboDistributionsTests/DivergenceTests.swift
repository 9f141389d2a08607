import ElboDistributions
import Foundation
import Testing
import Torch

/// The pairs of the golden file that have a closed form.
private let pairs = [
  "Normal-Normal", "DiagonalNormal-DiagonalNormal", "DiagonalNormal-StandardNormal",
  "StandardNormal-DiagonalNormal", "FullCovarianceNormal-FullCovarianceNormal",
  "FullCovarianceNormal-DiagonalNormal", "FullCovarianceNormal-StandardNormal",
  "DiagonalNormal-FullCovarianceNormal", "StandardNormal-FullCovarianceNormal", "Bernoulli-Bernoulli",
  "ClippedBernoulli-ClippedBernoulli", "ContinuousBernoulli-ContinuousBernoulli", "Categorical-Categorical",
  "OneHotCategorical-OneHotCategorical", "Uniform-Uniform", "Independent.Bernoulli-Independent.Bernoulli",
  "Independent.Normal-Independent.Normal", "Independent.Normal-StandardNormal",
  "Independent.Normal-DiagonalNormal", "DiagonalNormal-Independent.Normal",
]

@Suite("Divergences")
struct DivergenceTests {
  private struct Pair {
    let name: String
    let q: any Distribution
    let p: any Distribution
    let divergence: Tensor

    static func all(_ pair: String) throws -> [Pair] {
      let sides = pair.split(separator: "-").map(String.init)
      return try Golden().cases(of: "kl/" + pair).map { name, fields in
        Pair(
          name: name, q: try makeDistribution(sides[0], fields.prefixed("q.")),
          p: try makeDistribution(sides[1], fields.prefixed("p.")),
          divergence: try #require(fields["divergence"]))
      }
    }
  }

  @Test("Every pair of the golden file is tested")
  func coverage() throws {
    #expect(try Golden().families(under: "kl/") == Set(pairs))
  }

  @Test("Closed forms against torch.distributions", arguments: pairs)
  func closedForm(pair: String) throws {
    for golden in try Pair.all(pair) {
      let divergence = try #require(KLDivergence.standard.closedForm(from: golden.q, to: golden.p))
      expectClose(divergence, golden.divergence, golden.name)
    }
  }

  // About 60 comparisons at 4 standard errors: one seed in 250 fails for no reason.
  @Test("The Monte Carlo estimate agrees with the closed form within 4 standard errors", arguments: pairs)
  func monteCarlo(pair: String) throws {
    for golden in try Pair.all(pair) where golden.divergence.allFinite {
      let estimate = klMonteCarlo(from: golden.q, to: golden.p, samples: 4000, using: Generator(seed: 11))
      #expect(estimate.value.shape == golden.divergence.shape)
      #expect(estimate.samples.count == 4000 * golden.q.sample(using: Generator(seed: 1)).count)
      // Members may share samples, so the error of their total is that of the terms' totals.
      let totals = estimate.terms.reshaped([4000, -1]).sum(over: [1])
      let error = (totals.variance(over: [0]) / 4000).sqrt().item()
      let difference = abs(estimate.value.sum().item() - golden.divergence.sum().item())
      #expect(difference <= 4 * error + 1e-9, "\(golden.name): off by \(difference), error \(error)")
    }
  }

  @Test("A distribution's divergence from itself is 0", arguments: pairs)
  func identity(pair: String) throws {
    for golden in try Pair.all(pair) {
      guard let divergence = KLDivergence.standard.closedForm(from: golden.q, to: golden.q) else { continue }
      expectClose(divergence, Tensor.zeros(like: divergence), golden.name, tolerance: 1e-12)
    }
  }

  @Test("The divergence from the standard normal has the gradients m and s^2 - 1")
  func gradients() {
    let mean = Tensor([0.3, -2, 1]).leaf()
    let logScale = Tensor([-1, 0.5, 0]).leaf()
    let divergence = kl(
      from: DiagonalNormal(mean: mean, logScale: logScale), to: StandardNormal(dimension: 3, type: .float64))
    let slopes = gradient(of: divergence, withRespectTo: [mean, logScale])
    expectClose(slopes[0]!, mean, "gradient of the mean")
    expectClose(slopes[1]!, (logScale * 2).exp() - 1, "gradient of the log scale")
  }

  @Test("The Monte Carlo estimate's gradient agrees with the closed form's within 4 standard errors")
  func monteCarloGradients() {
    // d/dm of the estimate is the mean of z_i, each of variance s^2, where q is N(m, s^2) and p is N(0, 1).
    let mean = Tensor([0.7]).leaf()
    let q = DiagonalNormal(mean: mean, scale: 0.5)
    let estimate = klMonteCarlo(
      from: q, to: StandardNormal(dimension: 1, type: .float64), samples: 10000, using: Generator(seed: 5))
    let slope = gradient(of: estimate.value, withRespectTo: [mean])[0]!.item()
    #expect(abs(slope - 0.7) <= 4 * 0.5 / 100)
  }

  @Test("Each member's standard error is the deviation of its terms over the root of their number")
  func standardError() {
    // For N(m, 1) and N(0, 1), a term is m z - m^2 / 2, of deviation m.
    let q = DiagonalNormal(mean: Tensor([1, 3], shape: [2, 1]), scale: 1)
    let estimate = klMonteCarlo(
      from: q, to: StandardNormal(dimension: 1, type: .float64), samples: 10000, using: Generator(seed: 9))
    expectClose(estimate.standardError, Tensor([0.01, 0.03]), "standard error", tolerance: 1e-3)
  }

  @Test("A pair without a closed form falls back on Monte Carlo")
  func fallback() throws {
    let q = DiagonalNormal(mean: Tensor([1, 0]), scale: 0.5)
    let means = Tensor([0, 0, 0, 0], shape: [2, 2])
    let p = Mixture(weights: Tensor([1, 3]), components: DiagonalNormal(mean: means, scale: 1))
    #expect(KLDivergence.standard.closedForm(from: q, to: p) == nil)
    let estimate = KLDivergence.standard(from: q, to: p, samples: 4000, using: Generator(seed: 3))
    // Both components are the standard normal.
    let exact = kl(from: q, to: StandardNormal(dimension: 2, type: .float64)).item()
    #expect(abs(estimate.item() - exact) < 0.1)
  }

  @Test("Independents of different depth have no closed form; nested ones have")
  func depth() throws {
    let logits = Tensor([0.1, 0.2, 0.3, 0.4], shape: [1, 2, 2])
    let one = Independent(Independent(Bernoulli(logits: logits), reinterpreting: 1), reinterpreting: 1)
    let two = Independent(Bernoulli(logits: logits), reinterpreting: 2)
    #expect(KLDivergence.standard.closedForm(from: one, to: two) == nil)
    #expect(KLDivergence.standard.closedForm(from: one, to: one)?.shape == [1])
  }

  @Test("An added rule comes first")
  func addedRule() throws {
    let registry = KLDivergence.standard.adding(
      KLRule { (_: StandardNormal, _: StandardNormal) in Tensor(42) })
    let normal = StandardNormal(dimension: 2)
    #expect(registry.closedForm(from: normal, to: normal)?.item() == 42)
    #expect(KLDivergence.standard.closedForm(from: normal, to: normal)?.item() == 0)
  }
}
