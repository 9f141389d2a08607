import ElboDistributions
import Torch

/// What holds the posterior near the prior, and how a step minimises it together with the reconstruction
/// error.
public protocol Divergence: Module {
  /// The posteriors it can be taken of.
  associatedtype Q: Posterior
  /// The priors it can be taken to.
  associatedtype P: Prior

  /// The phases of one step.
  ///
  /// - Parameter objectiveScale: multiplies the generator's objective before gradients are taken.
  func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase]

  /// A sample z of q(z|x) for each example [n, latentDimension], and an estimate of the divergence that goes
  /// with it; nil where it is no divergence of q(z|x), such as one of the aggregated posterior.
  func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?)

  /// What a discriminator of x and z is to tell apart, and its answers; nil where there is none.
  func discriminatorContest<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> DiscriminatorContest?
}

extension Divergence {
  /// No discriminator of x and z.
  public func discriminatorContest<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> DiscriminatorContest? { nil }

  /// A sample without a divergence.
  public func boundTerms<L: Likelihood>(
    _ batch: Batch, of model: Autoencoder<Q, P, L>, using generator: Generator
  ) -> (z: Tensor, divergence: DivergenceEstimate?) {
    (model.sample(batch, using: generator), nil)
  }
}

/// A divergence of each example.
public struct DivergenceEstimate {
  /// In nats: [n].
  public let values: Tensor
  /// Under which name to report it.
  public let name: MetricName
  /// Whether reconstruction less this is a lower bound on log p(x), in expectation.
  public let givesBound: Bool
}

/// The weight of a divergence over training.
public struct DivergenceWeight: Sendable, Hashable {
  /// The weight after any warm-up.
  public var beta = 1.0
  /// The course of its factor.
  public var schedule = Schedule.constant

  /// A weight and its course.
  public init(beta: Double = 1, schedule: Schedule = .constant) {
    self.beta = beta
    self.schedule = schedule
  }

  /// The weight at a step.
  func value(at step: Int) -> Double { beta * schedule.value(at: step) }
}

/// What a divergence is built from.
public struct DivergencePlan {
  let options: DivergenceOptions
  /// The number of features of an example.
  let features: Int
  let latentDimension: Int
  /// The number of classes of the data; 0 without labels.
  let classes: Int
  let objectiveScale: Double
  /// Builds a discriminator of so many inputs.
  let discriminator: (_ inputs: Int) throws(ConfigurationError) -> any Network
  /// Builds a discriminator of pairs (x, z).
  let pairDiscriminator: () throws(ConfigurationError) -> any PairDiscriminator

  var weight: DivergenceWeight {
    DivergenceWeight(beta: options.beta, schedule: options.betaSchedule.schedule)
  }
}

/// The parts of a model, before a divergence has asked anything of them.
struct ModelParts {
  let encoder: any Posterior
  let decoder: any Network
  let prior: any Prior
  let likelihood: any Likelihood
  let conditioning: Conditioning
  let embedding: ClusterEmbedding?
  let supervision: Supervision?

  /// The parts, with their types known.
  func autoencoder<Q: Posterior, P: Prior, L: Likelihood>(
    _ encoder: Q, _ prior: P, _ likelihood: L
  ) -> Autoencoder<Q, P, L> {
    Autoencoder(
      encoder: encoder, decoder: decoder, prior: prior, likelihood: likelihood, conditioning: conditioning,
      embedding: embedding, supervision: supervision)
  }
}

extension ModelParts {
  /// Posterior and prior where both have densities.
  ///
  /// - Throws: `ConfigurationError` that names the one that has none.
  func densities() throws(ConfigurationError) -> (any DensityPosterior, any DensityPrior) {
    guard let encoder = encoder as? any DensityPosterior else {
      throw ConfigurationError(
        "this divergence needs the posterior's density, and this kind of posterior has none",
        at: "posterior.kind",
        remedy: "use divergence.kind=density-ratio or adversarial, or posterior.kind=gaussian")
    }
    guard let prior = prior as? any DensityPrior else {
      throw ConfigurationError(
        "this divergence needs the prior's density, and this kind of prior has none", at: "prior.kind",
        remedy: "use divergence.kind=density-ratio or adversarial, or prior.kind=standard-normal")
    }
    guard !prior.hasBoundedSupport else {
      throw ConfigurationError(
        "the divergence of a posterior that reaches beyond the prior's support is infinite", at: "prior.kind",
        remedy: "use divergence.kind=adversarial or mmd, or prior.kind=standard-normal")
    }
    return (encoder, prior)
  }
}

/// The kinds of divergences, by name. A new kind is one file and one line here; its file says which
/// posteriors and priors it can be taken of.
enum Divergences {
  typealias Composer =
    @Sendable (DivergencePlan, ModelParts) throws(ConfigurationError) -> any LatentVariableModel

  static let composers: [String: Composer] = [
    "kl": composeKL,
    "density-ratio": composeDensityRatio,
    "adversarial": composeAdversarial,
    "adaptive-contrast": composeAdaptiveContrast,
    "importance-weighted": composeImportanceWeighted,
    "cramer-wold": composeCramerWold,
    "mmd": composeMaximumMeanDiscrepancy,
    "total-correlation": composeTotalCorrelation,
  ]

  static func compose(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    guard let composer = composers[plan.options.kind] else {
      throw .unknown("value", plan.options.kind, known: Array(composers.keys), at: "divergence.kind")
    }
    return try composer(plan, parts)
  }
}
