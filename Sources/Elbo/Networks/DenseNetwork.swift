import Torch

/// Dense layers with an activation between them.
public struct DenseNetwork: Network {
  let layers: [Linear]
  private let activation: Activation
  private let outputActivation: Activation

  init(_ plan: NetworkPlan) {
    self.init(
      widths: [plan.inputs] + plan.options.hidden + [plan.outputs],
      activation: plan.options.activation(plan.options.activation),
      outputActivation: plan.options.activation(plan.options.outputActivation),
      initialiser: plan.options.initialiser, spectralNorm: plan.options.spectralNorm,
      using: plan.generator)
  }

  /// A network with fresh values; `widths` are those of the inputs, the hidden layers and the outputs.
  public init(
    widths: [Int], activation: Activation, outputActivation: Activation = .identity,
    initialiser: Initialiser, spectralNorm: Bool = false, using generator: Generator
  ) {
    layers = zip(widths, widths.dropFirst()).map {
      Linear(
        inputs: $0, outputs: $1, initialiser: initialiser, spectralNorm: spectralNorm, using: generator)
    }
    self.activation = activation
    self.outputActivation = outputActivation
  }

  /// The outputs for a batch.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = x
    for layer in layers.dropLast() { h = activation(layer(h)) }
    return outputActivation(layers[layers.count - 1](h))
  }
}
