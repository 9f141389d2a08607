import Torch

/// (|L_p^-1 L_q|^2 + |L_p^-1 (m_q - m_p)|^2 - d) / 2 + log det L_p - log det L_q, with the Frobenius norm:
/// batchShape.
public func kl(from q: FullCovarianceNormal, to p: FullCovarianceNormal) -> Tensor {
  let factor = p.scaleTriangle.solveTriangular(q.scaleTriangle)
  let distance = p.whitened(q.mean - p.mean)
  return divergence(
    trace: factor.squared().summed(last: 2), distance: distance.squared().summed(last: 1),
    logDeterminants: p.logDeterminant - q.logDeterminant, dimension: p.mean.size(-1))
}

/// The divergence between full covariances, that of p being diagonal: batchShape.
public func kl(from q: FullCovarianceNormal, to p: DiagonalNormal) -> Tensor {
  let scale = p.scale
  let spread = q.variance / scale.squared()
  let distance = ((q.mean - p.mean) / scale).squared()
  let determinant = p.logScale.broadcast(to: p.mean.shape).summed(last: 1)
  return divergence(
    trace: spread.summed(last: 1), distance: distance.summed(last: 1),
    logDeterminants: determinant - q.logDeterminant, dimension: p.mean.size(-1))
}

/// (|L|^2 + |m|^2 - d) / 2 - log det L, with the Frobenius norm: batchShape.
public func kl(from q: FullCovarianceNormal, to p: StandardNormal) -> Tensor {
  divergence(
    trace: q.variance.summed(last: 1), distance: q.mean.squared().summed(last: 1),
    logDeterminants: -q.logDeterminant, dimension: p.dimension)
}

/// The divergence between full covariances, that of q being diagonal: batchShape.
public func kl(from q: DiagonalNormal, to p: FullCovarianceNormal) -> Tensor {
  let triangle = q.scale.broadcast(to: q.mean.shape).diagonalEmbedded()
  return kl(from: FullCovarianceNormal(mean: q.mean, scaleTriangle: triangle), to: p)
}

private func divergence(
  trace: Tensor, distance: Tensor, logDeterminants: Tensor, dimension: Int
) -> Tensor {
  (trace + distance - Double(dimension)) * 0.5 + logDeterminants
}
