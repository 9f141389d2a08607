/// A weight W [outputs, inputs] divided by its largest singular value, which leaves the layer a Lipschitz
/// constant of 1. Miyato et al. 2018, eq. 8 and algorithm 1.
///
/// sigma = |W^T u|, with u by power iteration: u <- W W^T u / |W W^T u|, one iteration after each update of
/// the weight. With v = W^T u / |W^T u| that is the paper's u^T W v, and has its gradient, u v^T. It comes near
/// the largest singular value from below.
public struct SpectralNorm: Follower {
  /// u, of norm 1: [outputs].
  let direction: Buffer
  private let weight: Tensor

  /// The iterations before the first step. Between steps the weight moves little, and one is enough.
  private static let firstIterations = 30

  /// The norm of a layer's weight, from a direction that is drawn.
  init(of weight: Parameter, using generator: Generator) {
    self.weight = weight.tensor
    let start = Tensor.standardNormal([weight.tensor.size(0)], using: generator)
    direction = Buffer(Self.unit(start))
    for _ in 0..<Self.firstIterations { follow() }
  }

  /// The estimate of the largest singular value: a scalar.
  public var sigma: Tensor {
    // A weight of zeros stays one.
    weight.transposed().matmul(direction.tensor).squared().sum().clamped(from: 1e-24).sqrt()
  }

  /// W / sigma: [outputs, inputs].
  public var normalised: Tensor { weight / sigma }

  /// One power iteration.
  public func follow() {
    withoutGradients {
      let u = direction.tensor
      // What is added keeps u as it is where the weight is zero.
      u.copy(from: Self.unit(weight.matmul(weight.transposed().matmul(u)) + u * 1e-12))
    }
  }

  private static func unit(_ values: Tensor) -> Tensor { values / values.squared().sum().sqrt() }
}
