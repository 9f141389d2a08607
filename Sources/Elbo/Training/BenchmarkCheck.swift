import Foundation
import Torch

/// The losses of a configuration's first steps from given weights, batches and noise: for comparison with
/// another program that computes the same.
///
/// The inputs are a safetensors file: `weights.NAME` for every parameter under the name it has in a run's
/// checkpoint, `batches` (int64, [steps, batch size]), the examples of each step by their place in the
/// training split, and `noise.0`, `noise.1`, ... (float32, [steps, ...]), the standard-normal draws of a step
/// in the order of their use.
public struct BenchmarkCheck: Sendable, Codable {
  /// The configuration's name.
  public let name: String
  /// For each step its metrics and objectives by name, before the step's update. Likelihoods and divergences
  /// are in nats per example; an objective is multiplied by `training.objectiveScale`.
  public let steps: [[String: Double]]

  /// Runs as many steps as there are batches.
  ///
  /// - Throws: a `DiagnosedError` when the file is unsound, or does not fit the configuration.
  public init(_ configuration: RunConfiguration, inputs url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    let trainer = try Trainer(configuration, dataset: Dataset.load(configuration, .train))
    try trainer.model.load(Self.weights(in: file), from: url)
    let batches = try Self.batches(in: file, examples: trainer.dataset.count, url)
    let count = batches.size(0)
    let noise = try Self.noise(in: file, steps: count, url)

    let device = trainer.dataset.device
    var steps: [[String: Double]] = []
    for step in 0..<count {
      let rows = batches.narrowed(0, from: step, length: 1).squeezed(0).moved(to: device)
      let generator = Generator(
        replaying: noise.map { $0.narrowed(0, from: step, length: 1).squeezed(0) }, device: device)
      let metrics = try trainer.advance(
        on: Batch(trainer.dataset.batch(at: rows).x), using: generator, reading: true)
      if let problem = generator.replayProblem {
        throw ConfigurationError(
          "the noise is not what '\(configuration.name)' draws in a step: \(problem)", at: url.path)
      }
      steps.append(Dictionary(uniqueKeysWithValues: metrics.map { ($0.key.rawValue, $0.value) }))
    }
    name = configuration.name
    self.steps = steps
  }

  private static func weights(in file: Safetensors) -> Safetensors {
    let prefix = "weights."
    let named = file.tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    return Safetensors(tensors: Dictionary(uniqueKeysWithValues: named))
  }

  private static func batches(in file: Safetensors, examples: Int, _ url: URL) throws -> Tensor {
    guard let batches = file.tensors["batches"], batches.elementType == .int64, batches.shape.count == 2,
      batches.count > 0
    else {
      throw ConfigurationError("'batches' is not an int64 matrix [steps, batch size]", at: url.path)
    }
    guard batches.values(as: Int64.self).allSatisfy({ (0..<Int64(examples)).contains($0) }) else {
      throw ConfigurationError("'batches' names examples outside 0 ..< \(examples)", at: url.path)
    }
    return batches
  }

  private static func noise(in file: Safetensors, steps: Int, _ url: URL) throws -> [Tensor] {
    var noise: [Tensor] = []
    while let next = file.tensors["noise.\(noise.count)"] {
      guard next.elementType == .float32, next.shape.first == steps else {
        throw ConfigurationError(
          "'noise.\(noise.count)' is not a float32 tensor with \(steps) steps first", at: url.path)
      }
      noise.append(next)
    }
    return noise
  }
}
