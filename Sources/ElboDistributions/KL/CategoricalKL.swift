import Torch

/// sum_i q_i (log q_i - log p_i): batchShape; infinite where q allows a category that p forbids.
public func kl(from q: Categorical, to p: Categorical) -> Tensor {
  let probabilities = q.probabilities
  let terms = probabilities * (q.logProbabilities - p.logProbabilities)
  // 0 log 0 is 0 in a divergence, and NaN in arithmetic.
  return probabilities.isGreater(than: 0).select(terms, otherwise: Tensor.zeros(like: terms)).summed(last: 1)
}
