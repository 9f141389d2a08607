import Foundation

/// A number that may change over training: a factor of the learning rate, or a weight such as beta.
public enum Schedule: Sendable, Hashable {
  /// 1 throughout.
  case constant
  /// From 0 to 1 in a straight line over so many steps, then 1.
  case warmUp(steps: Int)
  /// From 1 to `floor` along half a cosine over so many steps, then `floor`. Loshchilov and Hutter 2017, eq.
  /// 5.
  case cosine(steps: Int, floor: Double)
  /// Multiplied by `factor` every so many steps.
  case stepwise(every: Int, factor: Double)
  /// Multiplied by `factor` at each step.
  case exponential(factor: Double)
  /// Again and again, every so many steps: from 0 to 1 in a straight line over a share `ramp` of them, then 1. Fu et
  /// al. 2019, eq. 6.
  case cyclic(steps: Int, ramp: Double)

  /// The value at a step, counted from 0.
  public func value(at step: Int) -> Double {
    switch self {
    case .constant: 1
    case .warmUp(let steps): steps <= 0 ? 1 : min(1, Double(step + 1) / Double(steps))
    case .cosine(let steps, let floor):
      floor + (1 - floor) * 0.5 * (1 + cos(.pi * min(1, Double(step) / Double(max(steps, 1)))))
    case .stepwise(let every, let factor): pow(factor, Double(step / max(every, 1)))
    case .exponential(let factor): pow(factor, Double(step))
    case .cyclic(let steps, let ramp):
      ramp <= 0 ? 1 : min(1, Double(step % max(steps, 1)) / (Double(max(steps, 1)) * ramp))
    }
  }
}
