import Torch

/// ((s_q / s_p)^2 + ((m_q - m_p) / s_p)^2 - 1) / 2 + log s_p - log s_q: batchShape.
public func kl(from q: Normal, to p: Normal) -> Tensor {
  let scale = p.scale
  let quadratic = (q.scale / scale).squared() + ((q.mean - p.mean) / scale).squared()
  return (quadratic - 1) * 0.5 + (p.logScale - q.logScale)
}

/// The sum of the elements' divergences: batchShape.
public func kl(from q: DiagonalNormal, to p: DiagonalNormal) -> Tensor {
  kl(from: q.elements, to: p.elements).summed(last: 1)
}

/// sum_i (s_i^2 + m_i^2 - 1 - log s_i^2) / 2: batchShape. Kingma and Welling 2014, appendix B.
///
/// - Precondition: the vectors are of one length.
public func kl(from q: DiagonalNormal, to p: StandardNormal) -> Tensor {
  let mean = q.mean
  precondition(mean.size(-1) == p.dimension, "vectors of \(mean.size(-1)) and \(p.dimension) elements")
  let (variance, logarithm) = q.elements.varianceAndLogarithm
  let terms = mean.squared() + (variance - logarithm)
  return (terms.summed(last: 1) - Double(p.dimension)) * 0.5
}
