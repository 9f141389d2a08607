import ElboDistributions
import Torch

/// p(z) = N(0, I).
public struct StandardNormalPrior: DensityPrior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// The distribution of one z.
  public let distribution: any Distribution

  /// The standard normal distribution of so many dimensions.
  public init(latentDimension: Int, device: Device = .cpu) {
    self.latentDimension = latentDimension
    distribution = StandardNormal(dimension: latentDimension, device: device)
  }
}
