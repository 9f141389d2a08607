import CTorch

/// The gradients of a scalar with respect to some tensors, each of its tensor's shape; nil for a tensor that
/// the scalar does not depend on.
///
/// - Parameters:
///   - scalar: what is differentiated.
///   - inputs: the tensors that it is differentiated by.
///   - keepingGraph: whether another gradient is to be taken of something that shares the graph.
///   - differentiable: whether the gradients are themselves recorded for gradients.
///   - file: where a mistake is reported.
///   - line: where a mistake is reported.
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
