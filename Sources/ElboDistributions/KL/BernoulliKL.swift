import Torch

/// q log(q / p) + (1 - q) log((1 - q) / (1 - p)), for clipped probabilities too: batchShape.
public func kl(from q: Bernoulli, to p: Bernoulli) -> Tensor {
  let (own, other) = (q.logProbabilities, p.logProbabilities)
  return q.mean * (own.one - other.one) + q.complement * (own.zero - other.zero)
}

/// (l_q - l_p) E_q x - A(l_q) + A(l_p), with A as in `ContinuousBernoulli`: batchShape.
public func kl(from q: ContinuousBernoulli, to p: ContinuousBernoulli) -> Tensor {
  (q.logits - p.logits) * q.mean - q.logNormaliser + p.logNormaliser
}
