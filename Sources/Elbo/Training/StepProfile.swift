import ElboData
import Torch

/// Where the time of a captured step goes.
public struct StepProfile: Sendable, Codable {
  /// The parts of a step, in its order.
  public let parts: [Part]
  /// The microseconds of a whole step, its batch included, while its parts were timed.
  public let stepMicroseconds: Double
  /// The threads that worked on it.
  public let threads: Int

  /// A part of a step: a product or a chain of elementwise operations with their shapes, one of libtorch's
  /// operators, or "host" for an update of parameters.
  public struct Part: Sendable, Codable {
    /// What it computes.
    public let name: String
    /// Its mean time.
    public let microseconds: Double
  }

  /// Trains for `warmUp` steps, then times the parts of `steps` more.
  ///
  /// - Throws: a `DiagnosedError` when the data are missing, or steps of this configuration are not captured.
  public init(_ configuration: RunConfiguration, steps: Int, warmUp: Int) throws {
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    for _ in 0..<max(1, warmUp) { trainer.advance() }
    guard let capture = trainer.captures.first?.value, trainer.captureProblem == nil else {
      throw ConfigurationError(
        "its steps run with autograd, which has no parts to time: \(trainer.captureProblem ?? "")",
        at: configuration.name)
    }
    trainer.timing = []
    let clock = ContinuousClock()
    let total = clock.measure {
      for _ in 0..<steps { trainer.advance() }
    }
    parts = zip(capture.listing, trainer.timing ?? []).map {
      Part(name: $0, microseconds: $1 / Double(steps) * 1e6)
    }
    stepMicroseconds = total / .seconds(1) / Double(steps) * 1e6
    threads = trainer.threads
  }
}
