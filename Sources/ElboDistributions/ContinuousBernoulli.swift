import Torch

/// Numbers in [0, 1] with density proportional to s^x (1 - s)^(1 - x), s = sigmoid(logits).
///
/// With l for the logits, log p(x) = l x - A(l), A(l) = log((e^l - 1) / l), A(0) = 0: an exponential family,
/// whose mean and variance are A' and A''. Near l = 0, where the closed forms lose all digits, series take
/// their place. Loaiza-Ganem and Cunningham 2019, eq. 4 to 9, in terms of logits.
public struct ContinuousBernoulli: VarianceDistribution, EntropyDistribution {
  /// l: batchShape.
  public let logits: Tensor

  /// Members with these logits.
  public init(logits: Tensor) { self.logits = logits }

  /// The logits' shape.
  public var batchShape: Shape { logits.shape }
  /// Numbers.
  public var eventShape: Shape { [] }
  /// True: the quantile function of a uniform number.
  public var isReparameterised: Bool { true }

  /// |l| from which on the closed forms are used; at it, the series are exact to 1e-14.
  private static let edge = 0.25

  /// `series` of the logits where they are small, `closedForm` of their absolute values elsewhere. Each is
  /// given arguments of its own range only, so that neither puts a NaN into the other's gradient.
  private func piecewise(
    edge: Double = edge, series: (Tensor) -> Tensor, closedForm: (Tensor) -> Tensor
  ) -> Tensor {
    let size = logits.abs()
    let near = series(logits.clamped(from: -edge, to: edge))
    return size.isLess(than: edge).select(near, otherwise: closedForm(size.clamped(from: edge)))
  }

  /// A(l) = l / 2 + log(sinh(l / 2) / (l / 2)).
  var logNormaliser: Tensor {
    let even = piecewise { small in
      let square = (small * 0.5).squared()
      return square * square.polynomial([1.0 / 6, -1.0 / 180, 1.0 / 2835, -1.0 / 37800, 1.0 / 467775])
    } closedForm: { size in
      size * 0.5 + (-(-size).expm1() / size).log()
    }
    return logits * 0.5 + even
  }

  /// A'(l) = 1 / (1 - e^-l) - 1 / l; 1/2 at 0.
  public var mean: Tensor {
    let odd = piecewise { small in
      let series = [1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1_209_600, 1.0 / 47_900_160]
      return small * small.squared().polynomial(series)
    } closedForm: { size in
      logits.sign() * ((size * 0.5).tanh().reciprocal() * 0.5 - size.reciprocal())
    }
    return odd + 0.5
  }

  /// A''(l) = 1 / l^2 - 1 / (2 sinh(l / 2))^2; 1/12 at 0.
  public var variance: Tensor {
    piecewise { small in
      small.squared().polynomial([1.0 / 12, -1.0 / 240, 1.0 / 6048, -1.0 / 172_800, 1.0 / 5_322_240])
    } closedForm: { size in
      let falling = -size
      return size.squared().reciprocal() - falling.exp() / falling.expm1().squared()
    }
  }

  /// A(l) - l A'(l), at most 0.
  public var entropy: Tensor { logNormaliser - logits * mean }

  /// The x below which a number falls with probability u in [0, 1]: log(1 + u (e^l - 1)) / l.
  public func quantile(at u: Tensor) -> Tensor {
    // e^l overflows: for l > 0 the mirror image, of logit -l, is inverted instead.
    let mirrored = logits.isGreater(than: 0)
    return piecewise(edge: 0.05) { small in
      // log(1 + u (e^l - 1)) generates the cumulants of Bernoulli(u).
      let (spread, skew) = (u * (1 - u), 1 - 2 * u)
      let third = (1 - 6 * spread) / 24 + small * skew * (1 - 12 * spread) / 120
      return u + small * spread * (0.5 + small * (skew / 6 + small * third))
    } closedForm: { size in
      let falling = -size
      let side = mirrored.select(1 - u, otherwise: u)
      let inverse = (side * falling.expm1()).log1p() / falling
      return mirrored.select(1 - inverse, otherwise: inverse)
    }.clamped(from: 0, to: 1)
  }

  /// `quantile(at:)` of uniform numbers.
  public func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let draws = Tensor.uniform(sampleShape + batchShape, using: generator, type: logits.elementType)
    // At 0 and 1 themselves the gradient is infinite; single precision's neighbours of 0 and 1 are kept.
    let margin = 0x1p-24
    return quantile(at: draws.clamped(from: margin, to: 1 - margin))
  }

  /// See the type.
  ///
  /// - Precondition: the values are in [0, 1]; this is not checked.
  public func logDensity(at value: Tensor) -> Tensor { logits * value - logNormaliser }
}
