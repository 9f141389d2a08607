import Torch

/// Strided convolutions, then dense layers. Noise that enters beside the image joins the dense part.
public struct ConvolutionalEncoder: Network {
  let convolutions: [Convolution]
  let dense: DenseNetwork
  private let image: ImageShape
  private let activation: Activation

  init(_ plan: NetworkPlan) throws(ConfigurationError) {
    let options = plan.options
    let sizes = try ConvolutionSizes(plan)
    image = sizes.image
    activation = options.activation(options.activation)
    convolutions = zip([image.channels] + options.channels, options.channels).map {
      Convolution(
        inputs: $0, outputs: $1, kernel: options.kernel, stride: options.stride,
        padding: options.padding, initialiser: options.initialiser, using: plan.generator)
    }
    dense = DenseNetwork(
      widths: [sizes.flattened + plan.inputs - image.count] + options.hidden + [plan.outputs],
      activation: activation, outputActivation: options.activation(options.outputActivation),
      initialiser: options.initialiser, using: plan.generator)
  }

  /// The outputs for a batch of flattened images, or of images followed by noise.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let batch = x.size(0)
    let beside = x.size(1) - image.count
    let pixels = beside == 0 ? x : x.narrowed(1, from: 0, length: image.count)
    var h = pixels.reshaped([batch, image.channels, image.height, image.width])
    for convolution in convolutions { h = activation(convolution(h)) }
    h = h.reshaped([batch, -1])
    if beside > 0 {
      h = Tensor.concatenate([h, x.narrowed(1, from: image.count, length: beside)], over: 1)
    }
    return dense(h)
  }
}

/// The heights and widths along a stack of strided convolutions.
struct ConvolutionSizes {
  let image: ImageShape
  /// The heights and widths before the first convolution and after each.
  let heights: [Int]
  let widths: [Int]
  private let channels: Int

  init(_ plan: NetworkPlan) throws(ConfigurationError) {
    let options = plan.options
    guard let image = plan.image else {
      throw ConfigurationError(
        "a convolutional network needs images", at: plan.key + ".kind",
        remedy: "use 'dense', or a set of images")
    }
    guard let last = options.channels.last else {
      throw ConfigurationError("a convolutional network needs a convolution", at: plan.key + ".channels")
    }
    self.image = image
    channels = last
    func along(_ length: Int) throws(ConfigurationError) -> [Int] {
      var lengths = [length]
      for _ in options.channels {
        let padded = lengths[lengths.count - 1] + 2 * options.padding
        let next = (padded - options.kernel) / options.stride + 1
        guard padded >= options.kernel else {
          throw ConfigurationError(
            "an image of \(image.height) x \(image.width) is too small for \(options.channels.count) convolutions "
              + "of \(options.kernel) x \(options.kernel) with stride \(options.stride)",
            at: plan.key + ".channels", remedy: "use fewer or smaller ones")
        }
        lengths.append(next)
      }
      return lengths
    }
    heights = try along(image.height)
    widths = try along(image.width)
  }

  /// The number of features after the last convolution.
  var flattened: Int { channels * heights[heights.count - 1] * widths[widths.count - 1] }
}
