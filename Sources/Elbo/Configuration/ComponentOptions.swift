import Torch

/// A network's kind and sizes. What a kind does not use is ignored by it.
public struct NetworkOptions: Codable, Sendable, Hashable {
  /// A kind of `Networks`.
  public var kind = "dense"
  /// The widths of the dense hidden layers.
  public var hidden = [256, 256]
  /// The activation of the hidden layers.
  public var activation = ActivationChoice.relu
  /// The slope of the leaky ReLU below zero.
  public var slope = 0.2
  /// The activation of the last layer.
  public var outputActivation = ActivationChoice.identity
  /// How the first values are drawn.
  public var initialiser = Initialiser.glorotUniform
  /// The channels of the convolutions.
  public var channels = [8, 8]
  /// The side of the convolutions' kernels.
  public var kernel = 5
  /// The convolutions' stride.
  public var stride = 2
  /// The number of zeros put around the image before each convolution.
  public var padding = 0
  /// Whether a discriminator of x and z sees 2x - 1 in place of x.
  public var centreInput = false
  /// Whether a discriminator's weights are divided by their largest singular values, which bounds its slope.
  /// Miyato et al. 2018.
  public var spectralNorm = false

  /// An activation's name.
  public enum ActivationChoice: String, Codable, Sendable, CaseIterable {
    /// x.
    case identity
    /// max(x, 0).
    case relu
    /// x for x > 0, `slope` times x otherwise.
    case leakyReLU = "leaky-relu"
    /// x for x > 0, exp(x) - 1 otherwise.
    case elu
    /// The hyperbolic tangent.
    case tanh
    /// 1 / (1 + exp(-x)).
    case sigmoid
    /// log(1 + exp(x)).
    case softplus
    /// x sigmoid(x).
    case silu
    /// x times the standard normal distribution function of x.
    case gelu
  }

  /// The activation that `choice` names, with this slope.
  func activation(_ choice: ActivationChoice) -> Activation {
    switch choice {
    case .identity: .identity
    case .relu: .relu
    case .leakyReLU: .leakyReLU(slope: slope)
    case .elu: .elu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    case .softplus: .softplus
    case .silu: .silu
    case .gelu: .gelu
    }
  }
}

/// q(z|x).
public struct PosteriorOptions: Codable, Sendable, Hashable {
  /// A kind of `Posteriors`.
  public var kind = "gaussian"
  /// The number of noise values that enter an implicit posterior's encoder; 0 means as many as latents.
  public var noiseDimension = 0
  /// The number of classes of a posterior that has a class.
  public var classes = 10
  /// The number of functions of noise that a posterior with moments adds up.
  public var basis = 16
  /// The widths of the hidden layers of each of those functions.
  public var basisHidden = [128, 128, 128]
  /// The number of maps in a normalising flow.
  public var flowLength = 4
  /// The number of values by which the encoder steers the maps of a flow.
  public var flowContext = 16
  /// The widths of the hidden layers inside a flow's maps.
  public var flowHidden = [64]
  /// What the second half of a Gaussian encoder's outputs is.
  public var scale = Scale.logScale

  /// A parametrisation of the scale sigma.
  public enum Scale: String, Codable, Sendable, CaseIterable {
    /// log sigma.
    case logScale = "log-scale"
    /// log sigma^2.
    case logVariance = "log-variance"
  }
}

/// p(z).
public struct PriorOptions: Codable, Sendable, Hashable {
  /// A kind of `Priors`.
  public var kind = "standard-normal"
  /// Half the width of a uniform prior; the distance of a mixture's components from 0; the outer radius of a
  /// swiss roll.
  public var reach = 4.0
  /// The number of components of a mixture, of a VampPrior's pseudo-inputs, or of classes of a categorical
  /// part.
  public var components = 10
  /// The number of maps of a learned flow.
  public var flowLength = 4
  /// The widths of the hidden layers inside a learned flow's maps.
  public var flowHidden = [64]
  /// The standard deviations of a mixture component along and across its direction from 0.
  public var scales = [0.5, 0.1]
}

/// p(x|z).
public struct LikelihoodOptions: Codable, Sendable, Hashable {
  /// A kind of `Likelihoods`.
  public var kind = "bernoulli"
  /// The standard deviation of a Gaussian likelihood.
  public var scale = 1.0
  /// How far clipped probabilities stay away from 0 and 1.
  public var clip = 1e-6
  /// The grey levels of a categorical likelihood.
  public var levels = 16
}

/// The term that holds the posterior near the prior.
public struct DivergenceOptions: Codable, Sendable, Hashable {
  /// A kind of `Divergences`.
  public var kind = "kl"
  /// How the Kullback-Leibler divergence is computed where the posterior has a density.
  public var kl = KL.analytic
  /// The weight of the divergence against the reconstruction.
  public var beta = 1.0
  /// The weight's course over training, as a factor of `beta`.
  public var betaSchedule = ScheduleOptions()
  /// Discriminator updates a step.
  public var discriminatorSteps = 1
  /// How that number follows the discriminator's accuracy.
  public var adaptiveSteps = AdaptiveSteps()
  /// Whether the discriminator is moved once by both halves of its loss, or by one half after the other.
  public var discriminatorUpdates = DiscriminatorUpdates.joint

  /// Whether an adversarial divergence compares codes with the prior's samples of their class; with a prior that knows no
  /// classes, codes of each class with the whole prior, which takes the class out of them.
  public var labelledPrior = false
  /// What keeps the discriminator in health.
  public var rules = DiscriminatorRules()
  /// Samples of an importance-weighted bound.
  public var samples = 5
  /// The kernel of a maximum mean discrepancy.
  public var kernel = Kernel.inverseMultiquadratic
  /// The weight of the total correlation.
  public var totalCorrelation = 6.0
  /// Nats of each latent dimension's divergence that cost nothing.
  public var freeBits = 0.0

  /// A kernel of a maximum mean discrepancy.
  public enum Kernel: String, Codable, Sendable, CaseIterable {
    /// exp(-d^2 / (2 s)), d the distance of two codes, s a scale.
    case rbf
    /// s / (s + d^2).
    case inverseMultiquadratic = "imq"
  }
  /// A way to compute the Kullback-Leibler divergence.
  public enum KL: String, Codable, Sendable, CaseIterable {
    /// In closed form, where there is one.
    case analytic
    /// log q(z|x) - log p(z) at the sample that is decoded.
    case monteCarlo = "monte-carlo"
  }
  /// How the two halves of the discriminator's loss are followed.
  public enum DiscriminatorUpdates: String, Codable, Sendable, CaseIterable {
    /// One update by both.
    case joint
    /// One by each, in turn.
    case separate
  }
}
