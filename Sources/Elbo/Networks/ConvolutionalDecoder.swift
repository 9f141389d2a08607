import Torch

/// Dense layers, then transposed convolutions that mirror the encoder's, then a 3 x 3 convolution to the
/// outputs.
public struct ConvolutionalDecoder: Network {
  let dense: DenseNetwork
  let convolutions: [TransposedConvolution]
  let output: Convolution
  private let start: Shape
  private let activation: Activation
  private let outputActivation: Activation

  init(_ plan: NetworkPlan) throws(ConfigurationError) {
    let options = plan.options
    let sizes = try ConvolutionSizes(plan)
    let channels = Array(options.channels.reversed())
    let heights = Array(sizes.heights.reversed())
    let widths = Array(sizes.widths.reversed())
    activation = options.activation(options.activation)
    outputActivation = options.activation(options.outputActivation)
    start = [channels[0], heights[0], widths[0]]
    dense = DenseNetwork(
      widths: [plan.inputs] + options.hidden + [sizes.flattened], activation: activation,
      outputActivation: activation, initialiser: options.initialiser, using: plan.generator)

    // The rows that the encoder's rounding dropped come back as output padding.
    let outputPaddings = heights.indices.dropFirst().map {
      heights[$0] - ((heights[$0 - 1] - 1) * options.stride + options.kernel - 2 * options.padding)
    }
    let across = widths.indices.dropFirst().map {
      widths[$0] - ((widths[$0 - 1] - 1) * options.stride + options.kernel - 2 * options.padding)
    }
    guard outputPaddings == across else {
      throw ConfigurationError(
        "an image of \(sizes.image.height) x \(sizes.image.width) needs unlike padding along height and width",
        at: plan.key + ".kernel", remedy: "choose a kernel and stride that divide both alike")
    }
    convolutions = zip(zip(channels, channels.dropFirst() + [channels[channels.count - 1]]), outputPaddings)
      .map {
        TransposedConvolution(
          inputs: $0.0, outputs: $0.1, kernel: options.kernel, stride: options.stride,
          padding: options.padding,
          outputPadding: $1,
          initialiser: options.initialiser, using: plan.generator)
      }
    output = Convolution(
      inputs: channels[channels.count - 1], outputs: plan.outputs / (sizes.image.height * sizes.image.width),
      kernel: 3, padding: 1, initialiser: options.initialiser, using: plan.generator)
  }

  /// The flattened images for a batch of latents.
  public func callAsFunction(_ z: Tensor) -> Tensor {
    var h = dense(z).reshaped([z.size(0)] + start)
    for convolution in convolutions { h = activation(convolution(h)) }
    return outputActivation(output(h).reshaped([z.size(0), -1]))
  }
}
