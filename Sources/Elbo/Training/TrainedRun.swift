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
    let saved = try Checkpoint.read(directory.lastWeights)
    model = try ModelBuilder.build(
      configuration, shape: test.shape,
      using: Generator(seed: configuration.seed, device: configuration.device.device()))
    try model.load(saved, from: directory.lastWeights)
    step = saved.metadata["step"].flatMap(Int.init) ?? 0
  }

  init(
    directory: RunDirectory, configuration: RunConfiguration, model: any LatentVariableModel, step: Int,
    test: Dataset
  ) {
    self.directory = directory
    self.configuration = configuration
    self.model = model
    self.step = step
    self.test = test
  }
}
