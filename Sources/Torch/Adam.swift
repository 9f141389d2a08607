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
    firstMoments = parameters.tensors.map { Self.moments(of: $0, apart: Self.page / 3) }
    secondMoments = parameters.tensors.map { Self.moments(of: $0, apart: 2 * Self.page / 3) }
    let updates = Tensor.zeros([parameters.tensors.count], device: parameters.tensors.first?.device ?? .cpu)
    self.updates = updates
    updateViews = parameters.tensors.indices.map { updates.selected(0, at: $0) }
  }

  /// What caches take to choose a place from: addresses that differ by multiples of it share few.
  private static let page = 4096

  /// Zeros like a parameter, at another place of a page of memory than the parameter is, by so many bytes. A parameter and
  /// its moments are read together, often rows of all three that lie a large power of 2 apart.
  private static func moments(of parameter: Tensor, apart bytes: Int) -> Tensor {
    let size = MemoryLayout<Float>.size
    guard
      parameter.device == .cpu, parameter.elementType == .float32, ct_is_contiguous(parameter.handle),
      parameter.count >= page / size
    else { return Tensor.zeros(like: parameter) }
    let line = 64
    let room = Tensor.zeros([parameter.count + page / size])
    let start = UInt(bitPattern: room.floatMemory), place = UInt(bitPattern: parameter.floatMemory)
    let distance = Int((place &+ UInt(bytes / line * line) &- start) % UInt(page))
    return room.narrowed(0, from: distance / size, length: parameter.count).reshaped(parameter.shape)
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
