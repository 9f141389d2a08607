import CKernels
import Torch

/// Adam's update of the parameters that have gradients, as a captured step does it.
package final class AdamUpdate {
  private let adam: Adam
  private let rate: () -> Double
  /// The parameters that have gradients, by their places in the optimiser's group.
  let parameters: [Int]
  /// What the kernels read of it.
  let numbers = UnsafeMutablePointer<ck_adam>.allocate(capacity: 1)
  /// Where copies of parameters in bf16 lie that move with them.
  var copies: [Int: UnsafeMutablePointer<UInt16>] = [:]
  private var moved: [ck_adam_parameter] = []
  /// The numbers of updates of parameters that the step's products move.
  private var others: [UnsafeMutablePointer<Float>] = []

  /// - Parameters:
  ///   - gradients: one a parameter; nil for one that stays as it is.
  ///   - rate: the learning rate of the update to come.
  package init(_ adam: Adam, by gradients: [Tensor?], rate: @escaping () -> Double) {
    precondition(gradients.count == adam.parameters.tensors.count, "one gradient a parameter")
    (self.adam, self.rate) = (adam, rate)
    parameters = gradients.indices.filter { gradients[$0] != nil }
    let options = adam.options
    numbers.initialize(
      to: ck_adam(
        rate: 0, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
        weight_decay: options.weightDecay))
  }

  deinit { numbers.deallocate() }

  func value(_ index: Int) -> Tensor { adam.parameters.tensors[parameters[index]] }

  /// The kernels' description of a parameter, whose tensors own the memory; the optimiser owns them.
  func description(_ index: Int, gradient: UnsafePointer<Float>? = nil) -> ck_adam_parameter {
    let place = parameters[index]
    return ck_adam_parameter(
      value: adam.parameters.tensors[place].floatMemory, first: adam.firstMoments[place].floatMemory,
      second: adam.secondMoments[place].floatMemory, gradient: gradient,
      updates: adam.updates.floatMemory + place,
      count: Int64(adam.parameters.tensors[place].count), rounded: copies[index])
  }

  /// Takes the addresses of gradients, each laid out as its parameter; nil for one that a product of the step moves.
  package func prepare(_ gradients: [UnsafeMutablePointer<Float>?]) {
    for (index, gradient) in gradients.enumerated() {
      let description = description(index, gradient: gradient.map { UnsafePointer($0) })
      if gradient == nil { others.append(description.updates) } else { moved.append(description) }
    }
  }

  /// Has the learning rate ready for products that move parameters.
  func begin() { numbers.pointee.rate = rate() }

  /// Moves what no product has moved.
  package func run() {
    begin()
    ck_run_adam(numbers, moved, Int64(moved.count))
    for updates in others { updates.pointee += 1 }
    for place in parameters { adam.parameters.tensors[place].markChanged() }
  }
}
