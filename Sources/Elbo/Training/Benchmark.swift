import ElboData
import Foundation
import Torch

/// How fast a configuration trains on this machine.
public struct Benchmark: Sendable, Codable {
  /// Steps a second after the warm-up.
  public let stepsPerSecond: Double
  /// The seconds from the start of the process to the end of the first step, data included.
  public let secondsToFirstStep: Double
  /// The most memory the process has held.
  public let peakMemoryBytes: Int
  /// The threads an operation may use.
  public let threads: Int
  /// The steps that were timed.
  public let steps: Int

  /// Trains for `warmUp` steps, then times `steps` more. Nothing is logged, saved or read back meanwhile.
  public init(_ configuration: RunConfiguration, steps: Int, warmUp: Int, since start: ContinuousClock.Instant) throws {
    let clock = ContinuousClock()
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    let first = trainer.advance(reading: true)
    guard first.values.allSatisfy(\.isFinite) else {
      throw TrainingFailure(problem: "the first step gave no finite numbers", location: configuration.name, remedy: "")
    }
    secondsToFirstStep = start.duration(to: clock.now) / .seconds(1)
    for _ in 0..<max(0, warmUp - 1) { trainer.advance() }
    let begin = clock.now
    for _ in 0..<(steps - 1) { trainer.advance() }
    // Reading the last step's metrics waits for all of it.
    trainer.advance(reading: true)
    stepsPerSecond = Double(steps) / (begin.duration(to: clock.now) / .seconds(1))
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    #if os(Linux)
      peakMemoryBytes = usage.ru_maxrss * 1024
    #else
      peakMemoryBytes = usage.ru_maxrss
    #endif
    threads = Engine.threadCount
    self.steps = steps
  }
}
