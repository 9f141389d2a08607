import Torch

extension TrainedRun {
  /// The same run with the weights that its folder holds now; this one stays as it is.
  ///
  /// - Throws: a `DiagnosedError` when the weights are missing, damaged, or another model's.
  package func newest() throws -> TrainedRun {
    let saved = try Checkpoint.read(directory.lastWeights)
    let model = try ModelBuilder.build(
      configuration, shape: test.shape,
      using: Generator(seed: configuration.seed, device: configuration.device.device()))
    try model.load(saved, from: directory.lastWeights)
    return TrainedRun(
      directory: directory, configuration: configuration, model: model,
      step: saved.metadata["step"].flatMap(Int.init) ?? 0, test: test)
  }

  /// The values of features that the likelihood has a density for.
  package var support: ClosedRange<Double> {
    get throws(ConfigurationError) { try Likelihoods.build(configuration.likelihood).support }
  }
}
