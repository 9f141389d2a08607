/// How the number of a phase's repeats follows a metric: one more while the metric reads below `low`, one fewer
/// while above `high`. It is looked at where metrics are read to be logged, so steering costs no reading of its
/// own.
public struct Steering: Sendable, Hashable {
  /// What is followed.
  public let metric: MetricName
  /// Below this, one more repeat.
  public let low: Double
  /// Above this, one fewer.
  public let high: Double
  /// The most repeats; the phase's own number is the fewest.
  public let most: Int
  /// Under which name the number of updates a step is logged.
  public let name: MetricName
  /// How many such updates a step has beside the repeats.
  public let besides: Int

  /// The repeats after a reading of the metric, which some steps may not have.
  func repeats(after now: Int, reading value: Double?, fewest: Int) -> Int {
    guard let value else { return now }
    if value < low { return min(most, now + 1) }
    return value > high ? max(fewest, now - 1) : now
  }
}
