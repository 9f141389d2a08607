/// A two-dimensional transposed convolution with square kernels.
///
/// x [n, inputs, h, w] -> [n, outputs, h', w'], h' = (h - 1) stride - 2 padding + kernel + outputPadding; the
/// weight is [inputs, outputs, kernel, kernel], as in `torch.nn.ConvTranspose2d`.
public struct TransposedConvolution: Module {
  /// The weights.
  public let weight: Parameter
  /// The biases.
  public let bias: Parameter
  /// The step between the places that neighbouring inputs spread to.
  public let stride: Int
  /// The number of rows and columns taken off each side of the result.
  public let padding: Int
  /// The number of rows and columns added to one side of the result.
  public let outputPadding: Int

  /// A layer with fresh values.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    initialiser: Initialiser, using generator: Generator
  ) {
    // The fans are those of the weight as it is stored, as PyTorch and Keras count them.
    let area = kernel * kernel
    weight = initialiser.weight(
      [inputs, outputs, kernel, kernel], fanIn: outputs * area, fanOut: inputs * area, using: generator)
    bias = initialiser.bias(outputs, fanIn: outputs * area, using: generator)
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
  }

  /// The transposed convolution of a batch of images.
  public func callAsFunction(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    x.transposedConvolution(
      weight: weight.tensor, bias: bias.tensor, stride: stride, padding: padding,
      outputPadding: outputPadding,
      file: file, line: line)
  }
}
