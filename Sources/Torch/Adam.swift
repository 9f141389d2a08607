import CTorch

/// Adam, with PyTorch's semantics and in one fused call.
///
/// m <- b1 m + (1 - b1) g; v <- b2 v + (1 - b2) g^2;
/// p <- p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon), with g + weightDecay p for g.
/// Kingma and Ba 2015, algorithm 1.
public final class Adam: Optimizer {
  /// The parameters that are moved.
  public let parameters: ParameterGroup
  package let firstMoments: [Tensor]
  package let secondMoments: [Tensor]
  /// Each parameter's number of updates, which its bias correction needs.
  package let updates: Tensor
  private let updateViews: [Tensor]
  package let options: Options

  /// Adam's settings beside the learning rate.
  public struct Options: Sendable, Hashable {
    /// The decay of the first moment.
    public var beta1 = 0.9
    /// The decay of the second moment.
    public var beta2 = 0.999
    /// Added to the root of the second moment.
    public var epsilon = 1e-8
    /// The factor of the L2 penalty that is added to the gradient.
    public var weightDecay = 0.0

    /// The settings of Kingma and Ba 2015.
    public init(
      beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
      self.beta1 = beta1
      self.beta2 = beta2
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  /// An optimiser with zero moments.
  public init(_ parameters: ParameterGroup, options: Options = Options()) {
    self.parameters = parameters
    self.options = options
    firstMoments = parameters.tensors.map { Tensor.zeros(like: $0) }
    secondMoments = parameters.tensors.map { Tensor.zeros(like: $0) }
    let updates = Tensor.zeros([parameters.tensors.count], device: parameters.tensors.first?.device ?? .cpu)
    self.updates = updates
    updateViews = parameters.tensors.indices.map { updates.selected(0, at: $0) }
  }

  /// One update; see `Optimizer`.
  public func step(gradients: [Tensor?], at rate: UpdateRate) {
    let moved = places(of: gradients)
    require(file: #fileID, line: #line) { error in
      moved.map { parameters.tensors[$0] }.withHandles { values, count in
        moved.map { gradients[$0]! }.withHandles { slopes, _ in
          moved.map { firstMoments[$0] }.withHandles { first, _ in
            moved.map { secondMoments[$0] }.withHandles { second, _ in
              moved.map { updateViews[$0] }.withHandles { views, _ in
                ct_adam_step(
                  values, slopes, first, second, views, updates.handle, count, rate.number, rate.handle,
                  options.beta1, options.beta2, options.epsilon, options.weightDecay, error)
              }
            }
          }
        }
      }
    }
  }

  /// The state by name; empty where there is none.
  public var state: [String: Tensor] {
    var state = ["updates": updates]
    for (index, name) in parameters.names.enumerated() {
      state["firstMoment." + name] = firstMoments[index]
      state["secondMoment." + name] = secondMoments[index]
    }
    return state
  }
}
