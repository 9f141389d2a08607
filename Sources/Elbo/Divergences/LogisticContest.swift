import Torch

/// A discriminator's logits on samples of the posterior, which it should call 1, and of the prior, which it should
/// call 0.
struct LogisticContest {
  let posterior: Tensor
  let prior: Tensor

  /// mean softplus(-T_q), in nats.
  var posteriorLoss: Tensor { (-posterior).softplus().mean() }
  /// mean softplus(T_p), in nats.
  var priorLoss: Tensor { prior.softplus().mean() }
  /// The sum of both losses, in nats; 2 log 2 where nothing can be told apart.
  var loss: Tensor { posteriorLoss + priorLoss }

  /// The fraction of samples on the right side of 0.
  var accuracy: Metric {
    let right =
      posterior.isGreater(than: 0).converted(to: .float32).mean()
      + prior.isAtMost(0).converted(to: .float32).mean()
    return Metric(name: .accuracy, value: right * 0.5)
  }
}
