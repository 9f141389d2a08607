import Foundation
import Torch

/// Annealed importance sampling of log p(x), from the prior to the posterior or back:
///
///   log w = sum_t (beta_t - beta_(t-1)) log p(x|z_(t-1)),   z_t moved by a transition at beta_t.
///
/// Forward, from z_0 of the prior, E w = p(x): log of the mean over chains is a lower bound in expectation. Back,
/// from z_T of the true posterior, E 1/w = 1/p(x): minus log of the mean of 1/w is an upper bound. Neal 2001, eq. 10; Grosse
/// et al. 2015, section 3. All chains of all examples go in step, and the decoder sees so many at once as memory
/// allows.
struct AnnealedRun {
  /// Which way.
  enum Direction: String { case forward, back }

  let options: AnnealingOptions
  let direction: Direction
  let stepSizes: StepSizes
  private let generator: Generator
  private(set) var chains: HamiltonianChains
  /// Float64 [n chains].
  private(set) var logWeights: Tensor
  /// The transitions that moved each chain, float64 [n chains].
  private(set) var moves: Tensor
  /// The temperatures behind it, from 0 to `options.steps`.
  private(set) var step = 0

  init(
    _ target: AnnealedTarget, _ options: AnnealingOptions, _ direction: Direction, from z: Tensor,
    stepSizes: StepSizes, using generator: Generator
  ) {
    self.options = options
    self.direction = direction
    self.stepSizes = stepSizes
    self.generator = generator
    chains = HamiltonianChains(target, at: z, leapfrogs: options.leapfrogs)
    logWeights = Tensor.zeros([target.rows], type: .float64, device: target.device)
    moves = logWeights
  }

  /// Whether all temperatures are behind it.
  var isDone: Bool { step == options.steps }

  /// The next temperature.
  mutating func advance() {
    let steps = options.steps
    // The interval from beta_(t-1) to beta_t.
    let t = direction == .forward ? step + 1 : steps - step
    func share(_ t: Int) -> Double { Double(t) / Double(steps) }
    let width = options.schedule.beta(share(t)) - options.schedule.beta(share(t - 1))
    logWeights = logWeights + chains.point.logLikelihood.converted(to: .float64) * width
    step += 1
    guard !isDone else { return }
    let place = share(direction == .forward ? t : t - 1)
    let sizes = stepSizes.sizes(at: place, chains: chains.target.chains, using: generator)
    moves =
      moves
      + chains.transition(at: options.schedule.beta(place), stepSize: sizes, using: generator).moved
  }

  /// What the weights of each example come to; of their inverses for a run back.
  var estimates: AnnealedEstimates {
    let shape = [chains.target.count, chains.target.chains]
    let signed = direction == .forward ? logWeights : -logWeights
    let weights = ImportanceWeights(signed.reshaped(shape).transposed())
    let rate = moves.reshaped(shape).mean(over: [1]) / Double(max(options.steps - 1, 1))
    return AnnealedEstimates(
      logLikelihoods: direction == .forward ? weights.logMeans : weights.logMeans.map { -$0 },
      effectiveSizes: weights.effectiveSizes, acceptance: rate.values(as: Double.self))
  }

  /// What decides how it goes on, by name.
  var state: [String: Tensor] {
    let bytes = generator.state
    return [
      "z": chains.point.z.contiguous(), "logWeights": logWeights, "moves": moves,
      "stepSizes": stepSizes.logSizes.contiguous(), "generator": Tensor(bytes, shape: [bytes.count]),
    ]
  }

  /// Goes on from a state of a run with the same target and options.
  init(
    resuming state: [String: Tensor], at step: Int, _ target: AnnealedTarget, _ options: AnnealingOptions,
    _ direction: Direction, using generator: Generator
  ) throws {
    func saved(_ name: String, _ shape: Shape?) throws -> Tensor {
      guard let tensor = state[name], shape == nil || tensor.shape == shape else {
        throw StateMismatch(
          problem: "'\(name)' is not that of this run", location: "state of annealing", remedy: "remove it")
      }
      return tensor.moved(to: target.device)
    }
    let z = try saved("z", nil)
    self.init(
      target, options, direction, from: z, stepSizes: StepSizes(logSizes: try saved("stepSizes", nil)),
      using: generator)
    logWeights = try saved("logWeights", [target.rows])
    moves = try saved("moves", [target.rows])
    try generator.restore(saved("generator", nil).moved(to: .cpu).values(as: UInt8.self))
    self.step = step
  }
}

/// What annealed runs found of each example.
struct AnnealedEstimates {
  /// The estimate of log p(x), in nats.
  let logLikelihoods: [Double]
  /// The effective sample size, from 1 to the number of chains.
  let effectiveSizes: [Double]
  /// The share of transitions that moved a chain.
  let acceptance: [Double]
}
