import Elbo
import ElboDistributions
import Foundation
import Torch

/// Numbers with Student's t distribution of 4 degrees of freedom around a mean:
/// p(x) = 3 / (8 scale) (1 + r^2 / 4)^(-5/2), r = (x - mean) / scale.
struct Student: Distribution {
  let mean: Tensor
  let scale: Double

  var batchShape: Shape { mean.shape }
  var eventShape: Shape { [] }
  var isReparameterised: Bool { true }

  /// A normal number over the root of a quarter of a chi-squared one, which is twice the sum of two exponential ones.
  func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let shape = sampleShape + batchShape
    let normal = Tensor.standardNormal(shape, using: generator)
    let uniforms = (0..<2).map { _ in Tensor.uniform(shape, using: generator).clamped(from: 1e-7) }
    let chiSquared = (uniforms[0] * uniforms[1]).log() * -2
    return mean + normal / (chiSquared / 4).sqrt() * scale
  }

  func logDensity(at value: Tensor) -> Tensor {
    (((value - mean) / scale).squared() / 4).log1p() * -2.5 + log(3 / (8 * scale))
  }
}

/// p(x|z) whose tails let a few wild pixels be: what an outlier costs grows with its logarithm, not with its square.
struct StudentLikelihood: Likelihood {
  let scale: Double

  var parametersPerFeature: Int { 1 }
  var support: ClosedRange<Double> { -.infinity ... .infinity }

  func distribution(given parameters: Tensor) -> any Distribution {
    Independent(Student(mean: parameters, scale: scale), reinterpreting: 1)
  }

  func mean(given parameters: Tensor) -> Tensor { parameters }
}
