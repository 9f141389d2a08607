import ElboDistributions
import Foundation
import Torch

/// A mixture of normal distributions in a ring: in the plane of the first two dimensions, component k points
/// away from 0 at the angle 2 pi k / K, long along that direction and narrow across it; other dimensions are
/// N(0, 1). Makhzani et al. 2015, figure 4 A.
///
/// Given a class, it is the component of that number alone.
public struct MixturePrior: DensityPrior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  private let means: Tensor
  private let triangles: Tensor
  /// One standard deviation along each component's direction: [components, latentDimension].
  private let axes: Tensor

  /// A ring of equally likely components.
  ///
  /// - Parameters:
  ///   - latentDimension: 2 or more.
  ///   - components: how many there are.
  ///   - reach: how far their centres are from 0.
  ///   - scales: the standard deviations along and across the direction from 0.
  ///   - device: where to compute.
  public init(
    latentDimension: Int, components: Int, reach: Double, scales: (along: Double, across: Double),
    device: Device = .cpu
  ) {
    precondition(latentDimension >= 2, "a ring needs a plane")
    self.latentDimension = latentDimension
    var means = [Float](repeating: 0, count: components * latentDimension)
    var triangles = [Float](repeating: 0, count: components * latentDimension * latentDimension)
    var axes = [Float](repeating: 0, count: components * latentDimension)
    for k in 0..<components {
      let angle = 2 * Double.pi * Double(k) / Double(components)
      let (c, s) = (cos(angle), sin(angle))
      means[k * latentDimension] = Float(reach * c)
      means[k * latentDimension + 1] = Float(reach * s)
      axes[k * latentDimension] = Float(scales.along * c)
      axes[k * latentDimension + 1] = Float(scales.along * s)
      // Cholesky factor of R diag(along^2, across^2) R^T.
      let (a, b) = (scales.along * scales.along, scales.across * scales.across)
      let (xx, xy, yy) = (a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c)
      let first = xx.squareRoot()
      let start = k * latentDimension * latentDimension
      triangles[start] = Float(first)
      triangles[start + latentDimension] = Float(xy / first)
      triangles[start + latentDimension + 1] = Float((yy - xy * xy / xx).squareRoot())
      for d in 2..<max(latentDimension, 2) { triangles[start + d * latentDimension + d] = 1 }
    }
    self.means = Tensor(means, shape: [components, latentDimension]).moved(to: device)
    self.axes = Tensor(axes, shape: [components, latentDimension]).moved(to: device)
    self.triangles = Tensor(triangles, shape: [components, latentDimension, latentDimension]).moved(
      to: device)
  }

  /// A class for each component.
  public var classCount: Int { means.size(0) }

  /// The mixture.
  public var distribution: any Distribution {
    Mixture(
      logits: Tensor.zeros([means.size(0)], device: means.device),
      components: FullCovarianceNormal(mean: means, scaleTriangle: triangles))
  }

  /// Draws from the component of each row's class; from a random one where there is no class.
  public func sample(labels: Tensor, using generator: Generator) -> Tensor {
    let count = labels.size(0)
    let random = Tensor.randomIntegers(below: means.size(0), shape: [count], using: generator)
    let component = labels.isAtLeast(0).select(labels, otherwise: random)
    let noise = Tensor.standardNormal([count, latentDimension, 1], using: generator)
    return means.gathered(component) + triangles.gathered(component).matmul(noise).squeezed(2)
  }

  /// From two standard deviations within each component's mean to two beyond it.
  public func walk(_ count: Int) -> Tensor? {
    let places = Tensor.range(to: Double(count), device: means.device) * (4 / Double(max(count - 1, 1))) - 2
    return (means.unsqueezed(1) + axes.unsqueezed(1) * places.reshaped([1, count, 1]))
      .reshaped([means.size(0) * count, latentDimension])
  }
}

extension Priors {
  static func mixture(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard plan.latentDimension >= 2 else {
      throw ConfigurationError(
        "a ring of components needs 2 latent dimensions or more", at: "latent.dimension")
    }
    return MixturePrior(
      latentDimension: plan.latentDimension, components: plan.options.components, reach: plan.options.reach,
      scales: (plan.options.scales[0], plan.options.scales[1]), device: plan.device)
  }
}
