import Torch

/// Dense layers around which the signal also passes unchanged: h' = h + W a(h) + b, a the activation, wherever two
/// hidden layers are as wide. He et al. 2016, "Identity mappings", eq. 5, with one layer a block.
public struct ResidualNetwork: Network {
  let layers: [Linear]
  private let activation: Activation
  private let outputActivation: Activation

  init(_ plan: NetworkPlan) throws(ConfigurationError) {
    let widths = [plan.inputs] + plan.options.hidden + [plan.outputs]
    guard zip(plan.options.hidden, plan.options.hidden.dropFirst()).contains(where: ==) else {
      throw ConfigurationError(
        "a residual network needs two hidden layers of the same width in a row", at: plan.key + ".hidden",
        remedy: "give such widths, or use 'dense'")
    }
    layers = zip(widths, widths.dropFirst()).map {
      Linear(inputs: $0, outputs: $1, initialiser: plan.options.initialiser, using: plan.generator)
    }
    activation = plan.options.activation(plan.options.activation)
    outputActivation = plan.options.activation(plan.options.outputActivation)
  }

  /// The outputs for a batch.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var h = layers[0](x)
    for layer in layers[1..<layers.count - 1] {
      let change = layer(activation(h))
      h = layer.inputs == layer.outputs ? h + change : change
    }
    return outputActivation(layers[layers.count - 1](activation(h)))
  }
}
