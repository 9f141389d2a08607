import Foundation
import Torch

/// The step sizes of an annealed run: log epsilon of each example along the way from prior to posterior.
///
/// They are found by a pilot run of an eighth of the steps, which moves log epsilon by .3 (acceptance - .65) after each
/// transition, .65 being the best rate of Hamiltonian chains (Beskos et al. 2013), and are then fixed. Step sizes
/// that followed the chain itself would make its transitions leave something else than their target invariant, and
/// the estimate no longer one of p(x).
struct StepSizes {
  /// [places, n].
  let logSizes: Tensor

  init(logSizes: Tensor) { self.logSizes = logSizes }

  /// - Parameter watch: told each transition that is done, and how many there are; says whether to go on.
  init?(
    for target: AnnealedTarget, _ options: AnnealingOptions, using generator: Generator,
    watch: (Int, Int) -> Bool
  ) {
    let places = min(250, max(25, options.steps / 8))
    // The first transitions only find the prior's step size.
    let settling = 15
    var chains = HamiltonianChains(
      target, at: target.start(using: generator), leapfrogs: options.leapfrogs)
    var logSize = Tensor.full(log(0.5), shape: [target.count], device: target.device)
    var found: [Tensor] = []
    for index in -settling..<places {
      let beta = options.schedule.beta(Double(max(index, 0)) / Double(places - 1))
      let size = logSize.exp().repeatedEach(target.chains).unsqueezed(1)
      let probability = chains.transition(at: beta, stepSize: size, using: generator).probability
      let rate = probability.reshaped([target.count, target.chains]).mean(over: [1]).converted(to: .float32)
      logSize = (logSize + (rate - 0.65) * 0.3).clamped(from: log(1e-6), to: log(4))
      if index >= 0 { found.append(logSize) }
      guard watch(index + settling + 1, places + settling) else { return nil }
    }
    logSizes = Tensor.stack(found)
  }

  /// The step size of every chain at a share of the way, up to a fifth longer or shorter for each example, so that no
  /// trajectory comes back to where it started: [n chains, 1].
  func sizes(at share: Double, chains: Int, using generator: Generator) -> Tensor {
    let place = share * Double(logSizes.size(0) - 1)
    let low = min(Int(place), logSizes.size(0) - 2)
    let part = place - Double(low)
    let size = (logSizes.selected(0, at: low) * (1 - part) + logSizes.selected(0, at: low + 1) * part).exp()
    let spread = Tensor.uniform(size.shape, using: generator) * 0.4 + 0.8
    return (size * spread).repeatedEach(chains).unsqueezed(1)
  }
}
