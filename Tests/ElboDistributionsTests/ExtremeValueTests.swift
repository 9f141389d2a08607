import ElboDistributions
import Foundation
import Testing
import Torch

@Suite("Extreme values stay finite in single precision")
struct ExtremeValueTests {
  private func single(_ values: [Double]) -> Tensor { Tensor(values, type: .float32).leaf() }

  private func expectFinite(
    _ value: Tensor, _ parameters: [Tensor], _ what: String, location: SourceLocation = #_sourceLocation
  ) {
    #expect(value.allFinite, "\(what): \(value)", sourceLocation: location)
    let slopes = gradient(of: value.sum(), withRespectTo: parameters, keepingGraph: true)
    #expect(slopes.contains { $0 != nil }, "\(what): no gradient", sourceLocation: location)
    for slope in slopes.compactMap({ $0 }) {
      #expect(slope.allFinite, "\(what), gradient: \(slope)", sourceLocation: location)
    }
  }

  @Test("Bernoulli with logits up to 1e4", arguments: [0, 1e-6], [0, 0.3, 1])
  func bernoulli(clip: Double, target: Double) {
    let logits = single([-1e4, -100, -17, 0, 17, 100, 1e4])
    let bernoulli = Bernoulli(logits: logits, clippedBy: clip)
    let value = Tensor.full(target, shape: [7])
    expectFinite(bernoulli.logDensity(at: value), [logits], "log density")
    expectFinite(bernoulli.entropy, [logits], "entropy")
    expectFinite(kl(from: bernoulli, to: Bernoulli(logits: -logits, clippedBy: clip)), [logits], "divergence")
  }

  @Test("A clipped probability keeps its distance from 0 and 1, also where 1 - p is far below p's precision")
  func clipping() {
    let bernoulli = Bernoulli(logits: single([100, -100]), clippedBy: 1e-8)
    let density = bernoulli.logDensity(at: Tensor([0, 1], type: .float32)).numbers
    for value in density { #expect(abs(value - log(1e-8)) < 1e-5) }
  }

  @Test("Normals with scales from 1e-6 to 1e6")
  func normal() {
    let mean = single([0, 1, -1, 100])
    let scale = single([1e-6, 1e-3, 1, 1e6])
    let logScale = single([-13.8, -7, 0, 13.8])
    let value = Tensor([1e-6, 1.001, 0, -100], type: .float32)
    expectFinite(DiagonalNormal(mean: mean, scale: scale).logDensity(at: value), [mean, scale], "scale")
    let normal = DiagonalNormal(mean: mean, logScale: logScale)
    expectFinite(normal.logDensity(at: value), [mean, logScale], "log scale")
    expectFinite(kl(from: normal, to: StandardNormal(dimension: 4)), [mean, logScale], "to standard")
    expectFinite(
      kl(from: normal, to: DiagonalNormal(mean: mean, scale: scale)), [logScale, scale], "to diagonal")
    let triangle = scale.diagonalEmbedded()
    let full = FullCovarianceNormal(mean: mean, scaleTriangle: triangle)
    expectFinite(full.logDensity(at: value), [mean, scale], "full covariance")
    expectFinite(kl(from: full, to: full), [mean, scale], "between full covariances")
  }

  @Test("ContinuousBernoulli with logits up to 1e4 and around p = 1/2")
  func continuousBernoulli() {
    let logits = single([
      -1e4, -100, -0.25, -0.05, -1e-3, -1e-8, -1e-30, 0, 1e-30, 1e-8, 1e-3, 0.05, 0.25, 100, 1e4,
    ])
    let continuous = ContinuousBernoulli(logits: logits)
    for x in [0, 0.5, 1] {
      let value = Tensor.full(x, shape: logits.shape)
      expectFinite(continuous.logDensity(at: value), [logits], "log density")
      expectFinite(continuous.quantile(at: value * 0.999 + 0.0005), [logits], "quantile")
    }
    expectFinite(continuous.mean, [logits], "mean")
    expectFinite(continuous.variance, [logits], "variance")
    expectFinite(continuous.entropy, [logits], "entropy")
    expectFinite(continuous.sample([2000], using: Generator(seed: 1)), [logits], "sample")
    let quantiles = [0.0, 1].map { continuous.quantile(at: Tensor.full($0, shape: logits.shape)).numbers }
    #expect(quantiles[0].allSatisfy { $0 == 0 } && quantiles[1].allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(continuous.variance.min().item() > 0)
  }

  @Test("Categorical with logits of 100 and a forbidden category")
  func categorical() {
    let logits = single([100, -100, 0])
    let wide = Categorical(logits: logits)
    let indices = Tensor([Int64(0), 1, 2], shape: [3])
    expectFinite(wide.logDensity(at: indices), [logits], "log density")
    expectFinite(wide.entropy, [logits], "entropy")
    expectFinite(kl(from: wide, to: Categorical(logits: -logits)), [logits], "divergence")

    let partial = Categorical(weights: Tensor([1, 0, 1], type: .float32))
    let even = Categorical(weights: Tensor([1, 1, 1], type: .float32))
    #expect(abs(partial.entropy.item() - log(2)) < 1e-6)
    #expect(abs(kl(from: partial, to: even).item() - log(1.5)) < 1e-6)
    #expect(kl(from: even, to: partial).item() == .infinity)
  }

  @Test("Mixtures far from every component")
  func mixture() {
    let means = single([0, 1])
    let mixture = Mixture(weights: single([0.5, 0.5]), components: Normal(mean: means, scale: 0.1))
    expectFinite(mixture.logDensity(at: Tensor([1e3, -1e3], type: .float32)), [means], "log density")
  }
}

@Suite("Densities integrate to 1")
struct NormalisationTests {
  /// The integral of the density, by the midpoint rule.
  private func integral(of distribution: some Distribution, from low: Double, to high: Double) -> Double {
    let step = (high - low) / 20000
    let grid = Tensor.range(to: 20000, type: .float64) * step + (low + step / 2)
    return distribution.logDensity(at: grid).exp().sum().item() * step
  }

  @Test("ContinuousBernoulli", arguments: [-40, -0.3, -0.2, 0, 1e-4, 0.25, 6])
  func continuousBernoulli(logit: Double) {
    let continuous = ContinuousBernoulli(logits: Tensor(logit, type: .float64))
    #expect(abs(integral(of: continuous, from: 0, to: 1) - 1) < 1e-6)
  }

  @Test("Mixture of normals")
  func mixture() {
    let components = Normal(mean: Tensor([-2, 0, 3]), scale: Tensor([0.2, 1, 0.5]))
    let mixture = Mixture(weights: Tensor([5, 1, 2]), components: components)
    #expect(abs(integral(of: mixture, from: -12, to: 12) - 1) < 1e-6)
  }

  @Test("Uniform")
  func uniform() {
    let uniform = Uniform(low: Tensor(-1.5, type: .float64), high: Tensor(2.5, type: .float64))
    #expect(abs(integral(of: uniform, from: -2, to: 3) - 1) < 1e-3)
  }
}
