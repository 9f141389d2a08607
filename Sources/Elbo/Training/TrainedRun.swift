import ElboData
import Foundation
import Torch

/// A run that has weights: its configuration, its model, and its data when asked for.
public struct TrainedRun {
  /// The run's folder.
  public let directory: RunDirectory
  /// What it was trained with.
  public let configuration: RunConfiguration
  /// The model with the newest weights.
  public let model: any LatentVariableModel
  /// The number of steps behind the weights.
  public let step: Int
  /// The test split.
  public let test: Dataset

  /// Loads a run's newest weights and its test split.
  ///
  /// - Throws: a `DiagnosedError` when the folder, the weights or the data are missing or unsound.
  public init(_ path: String) throws {
    directory = try RunDirectory(existing: path)
    configuration = try ConfigurationLoader.load(runFile: directory.configuration)
    test = try Dataset.load(configuration, .test)
    (model, step) = try Self.weights(directory, configuration, test.shape)
  }

  /// The same run with the weights that its folder holds now; this one stays as it is.
  ///
  /// - Throws: a `DiagnosedError` when the weights are missing, damaged, or another model's.
  package init(newestOf run: TrainedRun) throws {
    directory = run.directory
    configuration = run.configuration
    test = run.test
    (model, step) = try Self.weights(directory, configuration, test.shape)
  }

  private static func weights(
    _ directory: RunDirectory, _ configuration: RunConfiguration, _ shape: DataShape
  ) throws -> (model: any LatentVariableModel, step: Int) {
    let weights = directory.lastWeights
    let saved = try CheckpointFolder(url: weights.deletingLastPathComponent())
      .weights(weights.lastPathComponent)
    let model = try ModelBuilder.build(
      configuration, shape: shape,
      using: Generator(seed: configuration.seed, device: configuration.device.device()))
    try model.load(saved, from: directory.lastWeights)
    return (model, saved.metadata["step"].flatMap(Int.init) ?? 0)
  }

  /// The values of features that the likelihood has a density for.
  package var support: ClosedRange<Double> {
    get throws(ConfigurationError) { try Likelihoods.build(configuration.likelihood).support }
  }
}
