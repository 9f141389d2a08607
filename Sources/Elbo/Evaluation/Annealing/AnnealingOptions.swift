import Foundation

/// The course of annealed importance sampling.
public struct AnnealingOptions: Sendable, Hashable {
  /// The number T of temperatures between the prior and the posterior.
  public var steps = 1000
  /// The chains of each example.
  public var chains = 8
  /// The leapfrog steps of a transition. At one cost more temperatures gain more than longer trajectories.
  public var leapfrogs = 1
  /// How beta grows from 0 to 1.
  public var schedule = TemperatureSchedule.sigmoid

  /// The defaults.
  public init() {}
}

/// beta as a function of the share s of steps that are done.
public enum TemperatureSchedule: String, Sendable, CaseIterable {
  /// beta = s.
  case linear
  /// beta = (f(8 s - 4) - f(-4)) / (f(4) - f(-4)), f(t) = 1 / (1 + e^-t): slow at both ends, where most happens. Grosse
  /// et al. 2015, section 6.
  case sigmoid

  /// beta, from 0 at s = 0 to 1 at s = 1.
  public func beta(_ share: Double) -> Double {
    switch self {
    case .linear: return share
    case .sigmoid:
      func logistic(_ t: Double) -> Double { 1 / (1 + exp(-t)) }
      return (logistic(8 * share - 4) - logistic(-4)) / (logistic(4) - logistic(-4))
    }
  }
}
