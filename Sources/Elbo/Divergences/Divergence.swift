import ElboDistributions
import Torch

/// What holds the posterior near the prior, and how a step minimises it together with the reconstruction error.
public protocol Divergence: Module {
  /// The posteriors it can be taken of.
  associatedtype Q: Posterior
  /// The priors it can be taken to.
  associatedtype P: Prior

  /// The phases of one step.
  ///
  /// - Parameter objectiveScale: multiplies the generator's objective before gradients are taken.
  func phases<L: Likelihood>(of model: Autoencoder<Q, P, L>, objectiveScale: Double) -> [Phase]

  /// An estimate of the divergence for each example [n], in nats, from samples z [n, latentDimension] of q(z|x);
  /// nil where it is no divergence of q(z|x), such as one of the aggregated posterior.
  func estimate(_ conditional: Q.Conditional, _ z: Tensor, given x: Tensor, prior: P) -> DivergenceEstimate?
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
  /// Whether the discriminator of x and z sees 2x - 1 in place of x.
  let centreInput: Bool
  let objectiveScale: Double
  /// Builds a discriminator for so many inputs.
  let discriminator: (_ inputs: Int) throws(ConfigurationError) -> any Network

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
}

/// The kinds of divergences, by name. A new kind is one file and one line here; its file says which posteriors and
/// priors it can be taken of.
enum Divergences {
  typealias Composer = @Sendable (DivergencePlan, ModelParts) throws(ConfigurationError) -> any LatentVariableModel

  static let composers: [String: Composer] = [
    "kl": composeKL,
    "density-ratio": composeDensityRatio,
    "adversarial": composeAdversarial,
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
