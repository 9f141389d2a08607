import CTorch

/// Stochastic gradient descent with momentum, with PyTorch's semantics and in one fused call.
///
/// v <- momentum v + g; p <- p - rate v, with g + weightDecay p for g.
public final class SGD: Optimizer {
  /// The parameters that are moved.
  public let parameters: ParameterGroup
  private let momenta: [Tensor]
  private let momentum: Double
  private let weightDecay: Double

  /// An optimiser at rest.
  public init(_ parameters: ParameterGroup, momentum: Double = 0, weightDecay: Double = 0) {
    self.parameters = parameters
    self.momentum = momentum
    self.weightDecay = weightDecay
    momenta = momentum == 0 ? [] : parameters.tensors.map { Tensor.zeros(like: $0) }
  }

  /// One update; see `Optimizer`.
  public func step(gradients: [Tensor?], at rate: UpdateRate) {
    let moved = places(of: gradients)
    require(file: #fileID, line: #line) { error in
      moved.map { parameters.tensors[$0] }.withHandles { values, count in
        moved.map { gradients[$0]! }.withHandles { slopes, _ in
          // A momentum of zeros is what PyTorch's first step starts from.
          guard !momenta.isEmpty else {
            return ct_sgd_step(
              values, slopes, nil, count, rate.number, rate.handle, 0, weightDecay, false, error)
          }
          return moved.map { momenta[$0] }.withHandles { buffers, _ in
            ct_sgd_step(
              values, slopes, buffers, count, rate.number, rate.handle, momentum, weightDecay, false, error)
          }
        }
      }
    }
  }

  /// The state by name; empty where there is none.
  public var state: [String: Tensor] {
    Dictionary(uniqueKeysWithValues: zip(parameters.names.map { "momentum." + $0 }, momenta))
  }
}
