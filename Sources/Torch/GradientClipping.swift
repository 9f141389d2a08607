import CTorch

/// Scales gradients, in place, so that their joint Euclidean norm is at most `limit`.
///
/// Every gradient is multiplied by min(1, limit / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_` does;
/// the host does not wait for the norm.
///
/// - Returns: the norm before clipping, a scalar.
@discardableResult
public func clipGradients(_ gradients: [Tensor?], toNorm limit: Double) -> Tensor {
  let present = gradients.compactMap { $0 }
  guard !present.isEmpty else { return Tensor(0) }
  return withoutGradients {
    let norm = Tensor.make { slot, error in present.withHandles { ct_total_norm(slot, $0, $1, error) } }
    let factor = (limit / (norm + 1e-6)).clamped(to: 1)
    require(file: #fileID, line: #line) { error in
      present.withHandles { ct_scale_all($0, $1, factor.handle, error) }
    }
    return norm
  }
}
