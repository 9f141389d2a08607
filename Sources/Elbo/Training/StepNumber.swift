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
  private let device: Device
  private var entries: [(tensor: Tensor, value: (Int) -> Double)] = []
  /// How many were asked for since the step was last begun.
  private var asked = 0

  init(on device: Device = .cpu) { self.device = device }

  /// The next one; that of the time before, where the step is gone through once more.
  func add(step: Int, _ value: @escaping (Int) -> Double) -> Tensor {
    asked += 1
    if asked > entries.count {
      // Made from data: what an operation gives would be computed anew in each step.
      let tensor = Tensor([Float(value(step))], shape: [])
      entries.append((device == .cpu ? tensor : tensor.moved(to: device), value))
    }
    return entries[asked - 1].tensor
  }

  /// The step is gone through from its beginning.
  func restart() { asked = 0 }

  /// Writes the numbers of a step.
  func write(step: Int) {
    for entry in entries {
      if device == .cpu {
        entry.tensor.floatMemory.pointee = Float(entry.value(step))
      } else {
        entry.tensor.fill(entry.value(step))
      }
    }
  }
}

extension StepContext {
  /// A number that a function of the step's number gives.
  func number(changes: Bool, _ value: @escaping (Int) -> Double) -> StepNumber {
    guard changes, let numbers else { return StepNumber(kind: .fixed(value(step))) }
    return StepNumber(kind: .scheduled(numbers.add(step: step, value)))
  }

  /// The weight of a divergence at this step.
  func number(_ weight: DivergenceWeight) -> StepNumber {
    number(changes: weight.schedule != .constant) { weight.value(at: $0) }
  }
}
