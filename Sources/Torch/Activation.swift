/// An elementwise non-linearity.
public enum Activation: Sendable, Hashable {
  /// x.
  case identity
  /// max(x, 0).
  case relu
  /// x for x > 0, slope times x otherwise.
  case leakyReLU(slope: Double)
  /// x for x > 0, exp(x) - 1 otherwise. Clevert et al. 2016.
  case elu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// log(1 + exp(x)).
  case softplus
  /// x sigmoid(x).
  case silu
  /// x times the standard normal distribution function of x. Hendrycks and Gimpel 2016.
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
