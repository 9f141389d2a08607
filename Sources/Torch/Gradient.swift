import CTorch

/// The gradients of a scalar with respect to some tensors, each of its tensor's shape; nil for a tensor that
/// the scalar does not depend on.
///
/// - Parameter keepingGraph: whether another gradient is to be taken of something that shares the graph.
/// - Parameter differentiable: whether the gradients are themselves recorded for gradients.
public func gradient(
  of scalar: Tensor, withRespectTo inputs: [Tensor], keepingGraph: Bool = false, differentiable: Bool = false,
  file: StaticString = #fileID, line: UInt = #line
) -> [Tensor?] {
  var results = [OpaquePointer?](repeating: nil, count: inputs.count)
  require(file: file, line: line) { error in
    [scalar].withHandles { outputs, _ in
      inputs.withHandles { handles, count in
        ct_grad(&results, outputs, 1, handles, count, keepingGraph || differentiable, differentiable, error)
      }
    }
  }
  return results.map { $0.map(Tensor.init(owning:)) }
}
