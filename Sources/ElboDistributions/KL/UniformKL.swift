import Torch

/// log((high_p - low_p) / (high_q - low_q)) where q's interval lies in p's, infinite elsewhere: batchShape.
public func kl(from q: Uniform, to p: Uniform) -> Tensor {
  let inside = q.low.isLess(than: p.low).logicalNot().logicalAnd(p.high.isLess(than: q.high).logicalNot())
  let ratio = p.entropy - q.entropy
  let outside = Tensor.full(.infinity, shape: [], type: ratio.elementType, device: ratio.device)
  return inside.select(ratio, otherwise: outside)
}
