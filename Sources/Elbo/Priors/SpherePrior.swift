import Torch

/// Evenly over the sphere of radius sqrt(d), where nearly all of N(0, I) lies when it has many dimensions: z =
/// sqrt(d) g / |g|, g ~ N(0, I). It has no density. Davidson et al. 2018, section 3; Tolstikhin et al. 2018.
public struct SpherePrior: Prior {
  /// The number of latent dimensions.
  public let latentDimension: Int

  /// The sphere in a space of so many dimensions.
  public init(latentDimension: Int) { self.latentDimension = latentDimension }

  /// Independent samples: [count, latentDimension].
  public func sample(_ count: Int, using generator: Generator) -> Tensor {
    let normal = Tensor.standardNormal([count, latentDimension], using: generator)
    return normal * (normal.squared().mean(over: [1], keeping: true) + 1e-12).reciprocalSquareRoot()
  }
}
