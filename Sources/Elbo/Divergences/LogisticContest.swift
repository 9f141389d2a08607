import Torch

/// A discriminator's logits on samples of the posterior, which it should call 1, and of the prior, which it
/// should call 0.
struct LogisticContest {
  let posterior: Tensor
  let prior: Tensor
  /// What the discriminator is asked for beside the right answers.
  var rules = DiscriminatorRules()
  /// The prior's samples, where a penalty is taken of the slope at them.
  var priorSamples: Tensor? = nil

  /// mean softplus(-T_q), in nats; with smoothed labels the cross-entropy against 1 - s.
  var posteriorLoss: Tensor {
    let loss = (-posterior).softplus().mean()
    return rules.labelSmoothing == 0 ? loss : loss + posterior.mean() * rules.labelSmoothing
  }

  /// mean softplus(T_p), in nats; with smoothed labels the cross-entropy against s.
  var priorLoss: Tensor {
    var loss = prior.softplus().mean()
    if rules.labelSmoothing != 0 { loss = loss - prior.mean() * rules.labelSmoothing }
    if rules.r1 > 0, let priorSamples { loss = loss + slopePenalty(at: priorSamples) }
    return loss
  }

  /// The sum of both losses, in nats; 2 log 2 where nothing can be told apart.
  var loss: Tensor { posteriorLoss + priorLoss }

  /// The fraction of samples on the right side of 0.
  var accuracy: Metric {
    let right =
      posterior.isGreater(than: 0).converted(to: .float32).mean()
      + prior.isAtMost(0).converted(to: .float32).mean()
    return Metric(name: .accuracy, value: right * 0.5)
  }

  /// R1: r/2 E |grad_z T|^2 at the prior's samples. Mescheder et al. 2018, eq. 9.
  private func slopePenalty(at samples: Tensor) -> Tensor {
    let slope = gradient(of: prior.sum(), withRespectTo: [samples], differentiable: true)[0]!
    return slope.squared().sum(over: [1]).mean() * (rules.r1 / 2)
  }
}

/// What keeps a discriminator in health. Every rule is off by default.
public struct DiscriminatorRules: Codable, Sendable, Hashable {
  /// The weight of the R1 penalty on the discriminator's slope at the prior's samples.
  public var r1 = 0.0
  /// Labels are s and 1 - s in place of 0 and 1. Salimans et al. 2016, section 3.4.
  public var labelSmoothing = 0.0
  /// The standard deviation of noise that is added to every latent the discriminator sees. Sonderby et al.
  /// 2017.
  public var instanceNoise = 0.0
  /// The steps over which that noise goes to 0; 0 means that it stays.
  public var instanceNoiseSteps = 0

  /// No rule at all.
  public init() {}

  /// Latents as the discriminator sees them at a step.
  func blurred(_ z: Tensor, _ context: StepContext) -> Tensor {
    guard instanceNoise > 0 else { return z }
    let deviation = context.number(changes: instanceNoiseSteps > 0) { step in
      guard instanceNoiseSteps > 0 else { return instanceNoise }
      return instanceNoise * max(0, 1 - Double(step) / Double(instanceNoiseSteps))
    }
    return z + Tensor.standardNormal(z.shape, using: context.generator) * deviation
  }

  /// The prior's samples as the discriminator sees them, ready for a penalty on its slope.
  func prepared(_ samples: Tensor, _ context: StepContext) -> Tensor {
    let seen = blurred(samples, context)
    if r1 > 0 { seen.setRequiresGradient(true) }
    return seen
  }
}
