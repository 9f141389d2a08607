import ElboDistributions
import Torch

/// p(z) = U(-a, a) in every dimension.
public struct UniformPrior: DensityPrior {
  public let latentDimension: Int
  public let distribution: any Distribution
  public var hasBoundedSupport: Bool { true }

  /// A uniform distribution on a cube around 0.
  public init(latentDimension: Int, reach: Double, device: Device = .cpu) {
    self.latentDimension = latentDimension
    let edge = Tensor.full(reach, shape: [latentDimension], device: device)
    distribution = Independent(Uniform(low: -edge, high: edge))
  }
}
