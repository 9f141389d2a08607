/// Moves the parameters of one group against their gradients.
public protocol Optimizer: AnyObject {
  /// The parameters that are moved.
  var parameters: ParameterGroup { get }

  /// One update.
  ///
  /// - Parameters:
  ///   - gradients: in the order of the parameters; a parameter with none stays as it is.
  ///   - rate: the learning rate of this update.
  func step(gradients: [Tensor?], at rate: UpdateRate)

  /// What, besides the parameters, decides the next update, by name: the moments and the number of updates.
  var state: [String: Tensor] { get }
}

/// The learning rate of an update.
public enum UpdateRate {
  /// This one.
  case number(Double)
  /// The element of a float32 tensor where the parameters are, read when the device comes to the update. Within a graph
  /// it is another one each time.
  case element(Tensor)

  var number: Double { if case .number(let rate) = self { rate } else { 0 } }
  var handle: OpaquePointer? { if case .element(let rate) = self { rate.handle } else { nil } }
}

extension Optimizer {
  /// One update, with a rate that the host knows.
  public func step(gradients: [Tensor?], rate: Double) { step(gradients: gradients, at: .number(rate)) }

  /// Overwrites the state with one taken from an optimiser of the same parameters.
  ///
  /// - Throws: `StateMismatch` when names or shapes differ; nothing is changed then.
  public func restore(_ saved: [String: Tensor]) throws(StateMismatch) {
    try copyState(from: saved, to: state, kind: "optimiser state")
  }

  /// The places of `gradients` that hold a gradient.
  func places(of gradients: [Tensor?]) -> [Int] {
    precondition(gradients.count == parameters.tensors.count, "one gradient a parameter")
    return gradients.indices.filter { gradients[$0] != nil }
  }
}

/// Saved tensors that are not those of this model or optimiser.
public struct StateMismatch: DiagnosedError {
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public let remedy: String

  /// A mismatch found at a file or part.
  package init(problem: String, location: String, remedy: String) {
    self.problem = problem
    self.location = location
    self.remedy = remedy
  }
}

/// Copies tensors over those of the same names, after having checked that all of them fit.
///
/// - Throws: `StateMismatch` when names or shapes differ; nothing is changed then.
package func copyState(
  from saved: [String: Tensor], to current: [String: Tensor], kind: String,
  remedy: String = "load it with the configuration it was saved with"
) throws(StateMismatch) {
  for (name, tensor) in current.sorted(by: { $0.key < $1.key }) {
    guard let other = saved[name] else {
      throw StateMismatch(problem: "'\(name)' is missing", location: kind, remedy: remedy)
    }
    guard other.shape == tensor.shape else {
      throw StateMismatch(
        problem: "'\(name)' has shape \(other.shape) where this model has \(tensor.shape)", location: kind,
        remedy: remedy)
    }
  }
  if let extra = saved.keys.filter({ current[$0] == nil }).min() {
    throw StateMismatch(
      problem: "'\(extra)' belongs to no part of this model", location: kind, remedy: remedy)
  }
  for (name, tensor) in current { tensor.copy(from: saved[name]!) }
}
