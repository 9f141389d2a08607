import Torch

/// Successive halving: all trials train a little, the better ones go on, and again, until the best have all steps.
///
/// Of n trials and a reduction r there are 1 + floor(log n / log r) rungs; rung k trains floor(n / r^k) trials up to
/// steps / r^(last - k). A trial that goes on continues exactly where it was.
///
/// Source: Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization",
/// algorithm 1, where r = 2; with other r as in Li et al. 2017, "Hyperband", algorithm 1.
public struct SuccessiveHalving: Sendable, Hashable, Codable {
  /// One in so many trials goes on.
  public let reduction: Int

  /// A round of the contest.
  public struct Rung: Sendable, Hashable {
    /// How many trials take part.
    public let trials: Int
    /// The steps that each has behind it in the end.
    public let steps: Int
  }

  /// Halving, or a sharper reduction.
  public init(reduction: Int = 2) {
    precondition(reduction > 1, "one in two or more goes on")
    self.reduction = reduction
  }

  /// The rungs of `trials` trials, of which the last has `steps` steps.
  ///
  /// - Throws: `ConfigurationError` where the first rung would have less than one step.
  public func rungs(trials: Int, steps: Int) throws(ConfigurationError) -> [Rung] {
    var counts = [trials]
    while counts.last! >= reduction { counts.append(counts.last! / reduction) }
    var parts = 1
    var rungs: [Rung] = []
    for count in counts.reversed() {
      guard steps / parts > 0 else {
        throw ConfigurationError(
          "\(steps) steps are too few for \(counts.count) rounds", at: "training.steps",
          remedy: "train for more steps, or try fewer trials")
      }
      rungs.append(Rung(trials: count, steps: steps / parts))
      parts *= reduction
    }
    return rungs.reversed()
  }
}
