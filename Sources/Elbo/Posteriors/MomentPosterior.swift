import Torch

/// A posterior that knows the mean and variance of q(z|x), exactly or nearly.
public protocol MomentPosterior: Posterior {
  /// A sample of each example with the moments of its posterior.
  func momentSample(_ conditional: Conditional, using generator: Generator) -> MomentSample
}

/// A sample of q(z|x), and its mean and variance, through which no gradients flow.
public struct MomentSample {
  /// [n, latentDimension].
  public let z: Tensor
  /// E z: [n, latentDimension].
  public let mean: Tensor
  /// Var z, by dimension: [n, latentDimension].
  public let variance: Tensor
}
