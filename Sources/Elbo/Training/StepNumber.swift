import Torch

/// A number in a step's forward pass that may depend on the step's number.
///
/// A captured step runs again and again with the numbers it was recorded with; one that changes is a tensor
/// there, whose element is written before each step.
struct StepNumber {
  fileprivate enum Kind {
    case fixed(Double)
    case scheduled(Tensor)
  }

  fileprivate let kind: Kind

  static func * (tensor: Tensor, number: StepNumber) -> Tensor {
    switch number.kind {
    case .fixed(let value): tensor * value
    case .scheduled(let value): tensor * value
    }
  }
}

/// The numbers of a captured step that are written before it runs.
final class StepNumbers {
  private var entries: [(tensor: Tensor, value: (Int) -> Double)] = []

  func add(_ value: @escaping (Int) -> Double) -> Tensor {
    // Made from data: what an operation gives would be computed anew in each step.
    let tensor = Tensor([Float(0)], shape: [])
    entries.append((tensor, value))
    return tensor
  }

  /// Writes the numbers of a step.
  func write(step: Int) {
    for entry in entries { entry.tensor.floatMemory.pointee = Float(entry.value(step)) }
  }
}

extension StepContext {
  /// A number that a function of the step's number gives.
  func number(changes: Bool, _ value: @escaping (Int) -> Double) -> StepNumber {
    guard changes, let numbers else { return StepNumber(kind: .fixed(value(step))) }
    let tensor = numbers.add(value)
    numbers.write(step: step)
    return StepNumber(kind: .scheduled(tensor))
  }

  /// The weight of a divergence at this step.
  func number(_ weight: DivergenceWeight) -> StepNumber {
    number(changes: weight.schedule != .constant) { weight.value(at: $0) }
  }
}
