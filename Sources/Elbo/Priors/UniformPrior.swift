import ElboDistributions
import Torch

/// p(z) = U(-a, a) in every dimension.
public struct UniformPrior: DensityPrior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// The distribution of one z.
  public let distribution: any Distribution
  /// Whether some z have no density.
  public var hasBoundedSupport: Bool { true }

  /// A uniform distribution on a cube around 0.
  public init(latentDimension: Int, reach: Double, device: Device = .cpu) {
    self.latentDimension = latentDimension
    let edge = Tensor.full(reach, shape: [latentDimension], device: device)
    distribution = Independent(Uniform(low: -edge, high: edge))
  }
}
