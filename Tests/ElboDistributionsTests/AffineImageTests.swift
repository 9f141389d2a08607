import ElboDistributions
import Testing
import Torch

@Suite("Affine images and triangular maps of many vectors")
struct AffineImageTests {
  private let shift = Tensor([1.0, -2, 0.5], shape: [3])
  private let triangle = Tensor([2.0, 0, 0, -1, 0.5, 0, 0.3, 0.7, 1.5], shape: [3, 3])

  /// The image of N(0, I) is the normal distribution with that factor, in densities and in samples.
  @Test func ofAStandardNormal() {
    let image = AffineImage(
      of: StandardNormal(dimension: 3, type: .float64), shift: shift, scaleTriangle: triangle)
    let normal = FullCovarianceNormal(mean: shift, scaleTriangle: triangle)
    for shape in [[], [5], [2, 4]] {
      let noise = Tensor.standardNormal(shape + [3], using: Generator(seed: 2), type: .float64)
      let values = normal.sample(shape, using: Generator(replaying: [noise]))
      #expect((values - shift - (triangle * noise.unsqueezed(-2)).sum(over: [-1])).abs().max().item() < 1e-12)
      expectClose(image.logDensity(at: values), normal.logDensity(at: values), "\(shape)")
      let own = AffineImage(
        of: DiagonalNormal(mean: Tensor.zeros([3], type: .float64), scale: 1), shift: shift,
        scaleTriangle: triangle
      ).sample(shape, using: Generator(replaying: [noise]))
      expectClose(own, values, "\(shape)")
    }
  }

  /// Many members and many vectors at once are each member and vector by itself.
  @Test func batchesOfFactors() {
    let generator = Generator(seed: 3)
    let factors = Tensor.stack([triangle, triangle * 2, Tensor.identity(3, type: .float64), triangle / 3])
    let means = Tensor.standardNormal([4, 3], using: generator, type: .float64)
    let all = FullCovarianceNormal(mean: means, scaleTriangle: factors)
    let values = Tensor.standardNormal([7, 4, 3], using: generator, type: .float64)
    let densities = all.logDensity(at: values)
    #expect(densities.shape == [7, 4])
    for k in 0..<4 {
      let one = FullCovarianceNormal(
        mean: means.selected(0, at: k), scaleTriangle: factors.selected(0, at: k))
      expectClose(densities.selected(1, at: k), one.logDensity(at: values.selected(1, at: k)), "member \(k)")
    }
  }
}
