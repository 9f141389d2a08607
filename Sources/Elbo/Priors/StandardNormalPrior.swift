import ElboDistributions
import Torch

/// p(z) = N(0, I).
public struct StandardNormalPrior: DensityPrior {
  public let latentDimension: Int
  public let distribution: any Distribution

  /// The standard normal distribution of so many dimensions.
  public init(latentDimension: Int, device: Device = .cpu) {
    self.latentDimension = latentDimension
    distribution = StandardNormal(dimension: latentDimension, device: device)
  }
}
