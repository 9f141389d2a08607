import CTorch

extension Tensor {
  /// e to the power of each element.
  public func exp() -> Tensor { Tensor.make { ct_exp($0, handle, $1) } }

  /// e^x - 1, exact near 0.
  public func expm1() -> Tensor { Tensor.make { ct_expm1($0, handle, $1) } }

  /// The natural logarithm.
  public func log() -> Tensor { Tensor.make { ct_log($0, handle, $1) } }

  /// log(1 + x), exact near 0.
  public func log1p() -> Tensor { Tensor.make { ct_log1p($0, handle, $1) } }

  /// The square root.
  public func sqrt() -> Tensor { Tensor.make { ct_sqrt($0, handle, $1) } }

  /// 1 / sqrt(x).
  public func reciprocalSquareRoot() -> Tensor { Tensor.make { ct_rsqrt($0, handle, $1) } }

  /// x^2.
  public func squared() -> Tensor { Tensor.make { ct_square($0, handle, $1) } }

  /// |x|.
  public func abs() -> Tensor { Tensor.make { ct_abs($0, handle, $1) } }

  /// -1, 0 or 1.
  public func sign() -> Tensor { Tensor.make { ct_sign($0, handle, $1) } }

  /// The largest integer not above x.
  public func floor() -> Tensor { Tensor.make { ct_floor($0, handle, $1) } }

  /// The nearest integer, ties to even.
  public func round() -> Tensor { Tensor.make { ct_round($0, handle, $1) } }

  /// The sine.
  public func sin() -> Tensor { Tensor.make { ct_sin($0, handle, $1) } }

  /// The cosine.
  public func cos() -> Tensor { Tensor.make { ct_cos($0, handle, $1) } }

  /// The hyperbolic tangent.
  public func tanh() -> Tensor { Tensor.make { ct_tanh($0, handle, $1) } }

  /// The inverse hyperbolic tangent.
  public func atanh() -> Tensor { Tensor.make { ct_atanh($0, handle, $1) } }

  /// The error function.
  public func erf() -> Tensor { Tensor.make { ct_erf($0, handle, $1) } }

  /// log |Gamma(x)|.
  public func logGamma() -> Tensor { Tensor.make { ct_lgamma($0, handle, $1) } }

  /// 1 / (1 + e^-x).
  public func sigmoid() -> Tensor { Tensor.make { ct_sigmoid($0, handle, $1) } }

  /// log(1 / (1 + e^-x)), finite for every finite x.
  public func logSigmoid() -> Tensor { Tensor.make { ct_log_sigmoid($0, handle, $1) } }

  /// max(x, 0).
  public func relu() -> Tensor { Tensor.make { ct_relu($0, handle, $1) } }

  /// x for x > 0, e^x - 1 otherwise.
  public func elu() -> Tensor { Tensor.make { ct_elu($0, handle, $1) } }

  /// log(1 + e^x).
  public func softplus() -> Tensor { Tensor.make { ct_softplus($0, handle, $1) } }

  /// x sigmoid(x).
  public func silu() -> Tensor { Tensor.make { ct_silu($0, handle, $1) } }

  /// x Phi(x), Phi the distribution function of N(0, 1).
  public func gelu() -> Tensor { Tensor.make { ct_gelu($0, handle, $1) } }

  /// Whether each element is neither infinite nor NaN.
  public func isFinite() -> Tensor { Tensor.make { ct_isfinite($0, handle, $1) } }

  /// 1 / x.
  public func reciprocal() -> Tensor { Tensor.make { ct_reciprocal($0, handle, $1) } }

  /// x for x > 0, `slope` times x otherwise.
  public func leakyReLU(slope: Double) -> Tensor { Tensor.make { ct_leaky_relu($0, handle, slope, $1) } }

  /// Each element, brought into [low, high].
  public func clamped(from low: Double = -.infinity, to high: Double = .infinity) -> Tensor {
    Tensor.make { ct_clamp($0, handle, low, high, $1) }
  }

  /// Each element to a power.
  public func power(_ exponent: Double) -> Tensor {
    Tensor.make { ct_pow_scalar($0, handle, exponent, $1) }
  }
}
