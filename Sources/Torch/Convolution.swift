/// A two-dimensional convolution with square kernels.
///
/// x [n, inputs, h, w] -> [n, outputs, h', w'], h' = (h + 2 padding - kernel) / stride + 1, rounded down; the
/// weight is [outputs, inputs, kernel, kernel], as in `torch.nn.Conv2d`.
public struct Convolution: Module {
  /// The weights.
  public let weight: Parameter
  /// The biases.
  public let bias: Parameter
  /// The step between the places where the kernel is applied.
  public let stride: Int
  /// The number of zeros added on each side.
  public let padding: Int

  /// A layer with fresh values.
  public init(
    inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, initialiser: Initialiser,
    using generator: Generator
  ) {
    let area = kernel * kernel
    weight = initialiser.weight(
      [outputs, inputs, kernel, kernel], fanIn: inputs * area, fanOut: outputs * area, using: generator)
    bias = initialiser.bias(outputs, fanIn: inputs * area, using: generator)
    self.stride = stride
    self.padding = padding
  }

  /// The convolution of a batch of images.
  public func callAsFunction(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    x.convolution(
      weight: weight.tensor, bias: bias.tensor, stride: stride, padding: padding, file: file, line: line)
  }
}
