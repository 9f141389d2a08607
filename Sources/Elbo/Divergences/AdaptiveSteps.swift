/// The discriminator's updates a step: how many, and how the number follows its accuracy.
///
/// A discriminator near chance (0.5) gives the generator no direction and is worth more updates; one that is
/// nearly always right is ahead already.
public struct AdaptiveSteps: Codable, Sendable, Hashable {
  /// The most updates a step, `divergence.discriminatorSteps` being the fewest; 0 means that the number stays.
  public var maximum = 0
  /// Below this accuracy, as read every `training.logEvery` steps, one more update a step.
  public var low = 0.6
  /// Above this accuracy, one fewer.
  public var high = 0.9

  /// A number that stays.
  public init() {}

  /// What steers a phase of the discriminator.
  ///
  /// - Parameter besides: the updates that the discriminator has in other phases of a step.
  func steering(besides: Int = 0) -> Steering? {
    guard maximum > 0 else { return nil }
    return Steering(
      metric: .accuracy, low: low, high: high, most: maximum - besides, name: .discriminatorSteps,
      besides: besides)
  }
}
