/// How a layer's weights and biases get their first values, on the device of the generator that draws them.
public enum Initialiser: String, Sendable, CaseIterable, Codable {
  /// Weights U(-a, a), a = sqrt(6 / (fanIn + fanOut)); zero biases. Glorot and Bengio 2010, eq. 16.
  case glorotUniform = "glorot-uniform"
  /// Weights N(0, 2 / (fanIn + fanOut)); zero biases. Glorot and Bengio 2010, eq. 12.
  case glorotNormal = "glorot-normal"
  /// Weights U(-a, a), a = sqrt(6 / fanIn); zero biases. He et al. 2015, eq. 10.
  case heUniform = "he-uniform"
  /// Weights N(0, 2 / fanIn); zero biases. He et al. 2015, eq. 10.
  case heNormal = "he-normal"
  /// Weights and biases U(-a, a), a = 1 / sqrt(fanIn): the default of `torch.nn.Linear` and `Conv2d`.
  case torchUniform = "torch-uniform"

  /// A weight of this shape.
  func weight(_ shape: Shape, fanIn: Int, fanOut: Int, using generator: Generator) -> Parameter {
    let values = Tensor.zeros(shape, device: generator.device)
    let (input, both) = (Double(fanIn), Double(fanIn + fanOut))
    func uniform(_ a: Double) { values.fillUniform(from: -a, to: a, using: generator) }
    switch self {
    case .glorotUniform: uniform((6 / both).squareRoot())
    case .glorotNormal: values.fillNormal(deviation: (2 / both).squareRoot(), using: generator)
    case .heUniform: uniform((6 / input).squareRoot())
    case .heNormal: values.fillNormal(deviation: (2 / input).squareRoot(), using: generator)
    case .torchUniform: uniform(1 / input.squareRoot())
    }
    return Parameter(values)
  }

  /// A bias of this length.
  func bias(_ count: Int, fanIn: Int, using generator: Generator) -> Parameter {
    let values = Tensor.zeros([count], device: generator.device)
    if self == .torchUniform {
      let bound = 1 / Double(fanIn).squareRoot()
      values.fillUniform(from: -bound, to: bound, using: generator)
    }
    return Parameter(values)
  }
}
