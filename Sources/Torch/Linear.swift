/// A dense layer: y = x W^T + b.
///
/// x [..., inputs] -> y [..., outputs]; W is [outputs, inputs], as in `torch.nn.Linear`. With spectral
/// normalisation, W / sigma stands for W.
public struct Linear: Module {
  /// The weights.
  public let weight: Parameter
  /// The biases.
  public let bias: Parameter
  /// What divides the weights by their largest singular value, where something does.
  public let spectralNorm: SpectralNorm?

  /// A layer with fresh values.
  public init(
    inputs: Int, outputs: Int, initialiser: Initialiser, spectralNorm: Bool = false,
    using generator: Generator
  ) {
    weight = initialiser.weight([outputs, inputs], fanIn: inputs, fanOut: outputs, using: generator)
    bias = initialiser.bias(outputs, fanIn: inputs, using: generator)
    self.spectralNorm = spectralNorm ? SpectralNorm(of: weight, using: generator) : nil
  }

  /// The number of features that go in.
  public var inputs: Int { weight.tensor.size(1) }
  /// The number of features that come out.
  public var outputs: Int { weight.tensor.size(0) }

  /// x W^T + b.
  public func callAsFunction(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
    x.linear(
      weight: spectralNorm?.normalised ?? weight.tensor, bias: bias.tensor, file: file, line: line)
  }
}
