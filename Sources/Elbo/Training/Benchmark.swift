import ElboData
import Torch

/// How fast a configuration trains on this machine.
public struct Benchmark: Sendable, Codable {
  /// Steps a second after the warm-up.
  public let stepsPerSecond: Double
  /// The seconds from the start of the process to the end of the first step, data included.
  public let secondsToFirstStep: Double
  /// The seconds it took to load the training split.
  public let secondsToLoadData: Double
  /// The most memory the process has held.
  public let peakMemoryBytes: Int
  /// The threads an operation may use.
  public let threads: Int
  /// The steps that were timed.
  public let steps: Int

  /// Trains for `warmUp` steps, then times `steps` more. Nothing is logged, saved or read back meanwhile.
  ///
  /// - Throws: a `DiagnosedError` when the data are missing, or the model does not train.
  public init(_ configuration: RunConfiguration, steps: Int, warmUp: Int) throws {
    let clock = ContinuousClock()
    let loading = clock.now
    let dataset = try Dataset.load(configuration, .train)
    secondsToLoadData = loading.duration(to: clock.now) / .seconds(1)
    let trainer = try Trainer(configuration, dataset: dataset)
    let first = trainer.advance(reading: true)
    guard first.values.allSatisfy(\.isFinite) else {
      throw TrainingFailure(
        problem: "the first step gave no finite numbers", location: configuration.name,
        remedy: "use a smaller learning rate")
    }
    secondsToFirstStep = ProcessUsage.secondsSinceStart
    for _ in 0..<max(0, warmUp - 1) { trainer.advance() }
    let begin = clock.now
    for _ in 0..<(steps - 1) { trainer.advance() }
    // Reading the last step's metrics waits for all of it.
    trainer.advance(reading: true)
    stepsPerSecond = Double(steps) / (begin.duration(to: clock.now) / .seconds(1))
    peakMemoryBytes = ProcessUsage.peakMemoryBytes
    threads = Engine.threadCount
    self.steps = steps
  }
}
