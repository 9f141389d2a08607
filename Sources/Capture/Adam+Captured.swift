import CKernels
import Torch

extension Adam {
  /// The update of all parameters by gradients at these addresses, each as its parameter is laid out; nil for
  /// one that has none. The update is given its learning rate.
  package func update(by gradients: [UnsafeMutablePointer<Float>?]) -> (_ rate: Double) -> Void {
    precondition(gradients.count == parameters.tensors.count, "one gradient a parameter")
    let moved = gradients.indices.compactMap { index in
      gradients[index].map { gradient in
        ck_adam_parameter(
          value: parameters.tensors[index].floatMemory, first: firstMoments[index].floatMemory,
          second: secondMoments[index].floatMemory, gradient: gradient, updates: updates.floatMemory + index,
          count: Int64(parameters.tensors[index].count))
      }
    }
    // The tensors own the memory, and this optimiser the tensors.
    return { [self] rate in
      ck_run_adam(
        moved, Int64(moved.count), rate, options.beta1, options.beta2, options.epsilon, options.weightDecay)
    }
  }
}
