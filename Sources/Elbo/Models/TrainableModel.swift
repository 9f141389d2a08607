import Capture
import Torch

/// What training needs of a model: its phases, and which parameters each name of a group stands for.
public protocol TrainableModel: Module {
  /// The parts of one step, in order.
  var phases: [Phase] { get }
  /// The parameters that each objective may move.
  func parameters(of group: ParameterRole) -> ParameterGroup
  /// The buffers beside the parameters of a group, which are saved with them.
  func buffers(of group: ParameterRole) -> ParameterGroup
  /// The parts whose buffers follow the parameters of a group.
  func followers(of group: ParameterRole) -> [any Follower]
  /// The groups that the phases move.
  var roles: [ParameterRole] { get }
}

extension TrainableModel {
  /// The number of parameters of each network: "encoder", "decoder", "discriminator".
  public var parameterCounts: [String: Int] {
    namedParameters.reduce(into: [:]) { counts, parameter in
      counts[String(parameter.key.prefix { $0 != "." }), default: 0] += parameter.value.count
    }
  }
}

/// A set of parameters that has an optimiser of its own.
public enum ParameterRole: String, Sendable, CaseIterable {
  /// Encoder, decoder, and a prior that learns.
  case generator
  /// The network that tells two distributions apart.
  case discriminator
  /// The encoder once more, moved by the classes of labelled examples.
  case classifier
}

/// One forward pass and the objectives that share it.
///
/// Phases are static in shape: nothing in them depends on the numbers, nothing is read back, and every random
/// draw comes from the step's generator. How often a phase is run may follow a metric, but only one that is
/// read to be logged anyway.
public struct Phase {
  /// What the phase is for.
  public let name: String
  /// How many times in a row it is run in a step; where something steers it, the fewest times.
  public let repeats: Int
  /// What the number of repeats follows, where it changes.
  public let steering: Steering?
  /// Which examples its batch is drawn from.
  public let examples: Examples
  /// The forward pass.
  public let forward: (StepContext) -> PhaseResult

  init(
    name: String, repeats: Int, steering: Steering? = nil, examples: Examples = .all,
    forward: @escaping (StepContext) -> PhaseResult
  ) {
    self.name = name
    self.repeats = repeats
    self.steering = steering
    self.examples = examples
    self.forward = forward
  }

  /// The examples that a phase works on. Phases of the same examples share the step's batch.
  public enum Examples: Sendable {
    /// All of them.
    case all
    /// Those whose class is known.
    case labelled
  }
}

/// What a phase gave.
public struct PhaseResult {
  /// The scalars to minimise. Gradients of all are taken before any parameter moves.
  public let objectives: [Objective]
  /// What to log, computed only when asked for.
  public let metrics: () -> [Metric]
}

/// One scalar to minimise, and the only parameters it may move.
public struct Objective {
  /// Its name in logs.
  public let name: MetricName
  /// In nats per example, times a weight where one is configured.
  public let value: Tensor
  /// The parameters it moves.
  public let updates: ParameterRole
}

/// A named scalar of one step.
public struct Metric {
  /// Its name in logs.
  public let name: MetricName
  /// A scalar tensor.
  public let value: Tensor
}

/// The names under which numbers are logged. Likelihoods and divergences are in nats per example.
public enum MetricName: String, Sendable, CaseIterable, Comparable {
  /// What moves the encoder and the decoder.
  case generator
  /// What moves the discriminator: the mean of its logistic losses, in nats.
  case discriminator
  /// The evidence lower bound.
  case elbo
  /// E log p(x|z).
  case reconstruction
  /// KL(q(z|x), p(z)).
  case kl
  /// The discriminator's estimate of KL(q(z|x), p(z)). It is no bound.
  case logDensityRatio
  /// The generator's logistic loss against the discriminator, in nats.
  case adversarial
  /// The importance-weighted bound.
  case importanceWeightedBound
  /// The squared maximum mean discrepancy of codes from prior samples.
  case mmd
  /// The discriminator's estimate of the total correlation.
  case totalCorrelation
  /// The fraction of samples that the discriminator tells right.
  case accuracy
  /// The discriminator's updates a step, where they follow its accuracy.
  case discriminatorSteps
  /// The cross-entropy of the classes of labelled examples under the encoder, in nats.
  case classification
  /// How far heads of clusters are too near one another, summed over pairs.
  case crowding
  /// The squared error of E[x|z], averaged over features.
  case mse
  /// The fraction of a batch's variance that E[x|z] explains: 1 - mse / variance, 0 for the mean example.
  case explainedVariance

  /// The order of their texts.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// What one step works on.
public final class StepContext {
  /// The examples.
  public let batch: Batch
  /// The step's number, from 0.
  public let step: Int
  /// Where all randomness comes from.
  public let generator: Generator
  /// A sample of z, with its graph, that a phase left for the next; valid while the encoder has not moved.
  var sharedLatent: Tensor?
  /// Where numbers that change with the step are kept while it is recorded; nil where nothing is.
  let numbers: StepNumbers?
  /// The processes that share the batch; nil where this one is alone.
  let group: ProcessGroup?
  /// Has the host act at this place of a step that is being recorded; nil where nothing is.
  let act: ((CapturedStep.HostAction) -> Void)?

  /// A step on a batch.
  public convenience init(_ batch: Batch, step: Int, generator: Generator) {
    self.init(batch, step: step, generator: generator, group: nil)
  }

  init(
    _ batch: Batch, step: Int, generator: Generator, group: ProcessGroup?, numbers: StepNumbers? = nil,
    act: ((CapturedStep.HostAction) -> Void)? = nil
  ) {
    self.batch = batch
    self.step = step
    self.generator = generator
    self.numbers = numbers
    self.group = group
    self.act = act
  }
}
