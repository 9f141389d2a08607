import Torch

/// T(x, z) by a dense network of both side by side.
public struct JointDiscriminator: PairDiscriminator {
  let network: DenseNetwork
  private let centresInput: Bool

  init(_ plan: PairDiscriminatorPlan) {
    let options = plan.options
    network = DenseNetwork(
      widths: [plan.features + plan.latentDimension] + options.hidden + [1],
      activation: options.activation(options.activation), initialiser: options.initialiser,
      spectralNorm: options.spectralNorm, using: plan.generator)
    centresInput = options.centreInput
  }

  /// The network of [x, z], or of [2x - 1, z] where so configured.
  public func callAsFunction(_ x: Tensor, _ z: Tensor) -> Tensor {
    network(Tensor.concatenate([centresInput ? x * 2 - 1 : x, z], over: 1))
  }
}
