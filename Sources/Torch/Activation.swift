/// An elementwise non-linearity.
public enum Activation: Sendable, Hashable {
  case identity
  case relu
  /// x for x > 0, slope times x otherwise.
  case leakyReLU(slope: Double)
  case elu
  case tanh
  case sigmoid
  case softplus
  case silu
  case gelu

  /// The activation's values, of `x`'s shape.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .identity: x
    case .relu: x.relu()
    case .leakyReLU(let slope): x.leakyReLU(slope: slope)
    case .elu: x.elu()
    case .tanh: x.tanh()
    case .sigmoid: x.sigmoid()
    case .softplus: x.softplus()
    case .silu: x.silu()
    case .gelu: x.gelu()
    }
  }
}
