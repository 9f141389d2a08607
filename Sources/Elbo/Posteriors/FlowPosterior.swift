import ElboDistributions
import Foundation
import Torch

/// q(z|x) by invertible maps of a Gaussian sample: log q(z|x) = log q(z_0|x) - sum log |det dz_k/dz_(k-1)|.
/// Rezende and Mohamed 2015, eq. 13.
///
/// The encoder gives the Gaussian and, for maps that depend on x, a context vector.
public struct FlowPosterior: DensityPosterior {
  let network: any Network
  let maps: [any FlowMap]
  /// The number of latent dimensions.
  public let latentDimension: Int
  private let contextSize: Int

  /// What the encoder says of a batch: the first sample's distribution, and the maps' context.
  public struct Conditional {
    let base: DiagonalNormal
    let context: Tensor
  }

  init(
    _ plan: PosteriorPlan, map: (_ dimension: Int, _ context: Int, _ index: Int) -> any FlowMap
  ) throws(ConfigurationError) {
    latentDimension = plan.latentDimension
    contextSize = plan.options.flowContext
    network = try plan.encoder(plan.features, 2 * plan.latentDimension + contextSize)
    maps = (0..<plan.options.flowLength).map { map(plan.latentDimension, plan.options.flowContext, $0) }
  }

  /// One pass of the encoder.
  public func conditional(given x: Tensor) -> Conditional {
    let outputs = network(x)
    let d = latentDimension
    return Conditional(
      base: DiagonalNormal(
        mean: outputs.narrowed(1, from: 0, length: d), logScale: outputs.narrowed(1, from: d, length: d)),
      context: outputs.narrowed(1, from: 2 * d, length: contextSize))
  }

  /// A sample and its log density, by the same pass through the maps.
  public func densitySample(_ conditional: Conditional, using generator: Generator) -> DensitySample {
    let start = conditional.base.sample([], using: generator)
    let (z, logDeterminant) = push(start, conditional.context)
    return DensitySample(z: z, logDensity: { conditional.base.logDensity(at: start) - logDeterminant })
  }

  /// None: the maps leave no family with a closed form.
  public func closedFormKL(_ conditional: Conditional, to prior: any Distribution) -> Tensor? { nil }

  /// The image of the Gaussian's mean.
  public func zeroNoise(given x: Tensor) -> Tensor {
    let conditional = conditional(given: x)
    return push(conditional.base.mean, conditional.context).z
  }

  private func push(_ start: Tensor, _ context: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    maps.reduce((start, Tensor.zeros([start.size(0)], device: start.device))) { state, map in
      let (z, logDeterminant) = map(state.0, context: context)
      return (z, state.1 + logDeterminant)
    }
  }
}

/// An invertible map of R^d whose Jacobian's determinant is cheap.
public protocol FlowMap: Module {
  /// The image of z [n, d] and log |det dz'/dz| [n]; `context` [n, c] may steer the map.
  func callAsFunction(_ z: Tensor, context: Tensor) -> (z: Tensor, logDeterminant: Tensor)
}
