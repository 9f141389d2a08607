import ElboData
import Torch

/// Builds the model that a configuration describes, for data of a shape.
public enum ModelBuilder {
  /// A model with fresh parameters, drawn from `generator` and on its device.
  ///
  /// - Throws: `ConfigurationError` when the parts do not go together, with the reason.
  public static func build(
    _ configuration: RunConfiguration, features: Int, image: ImageShape?, using generator: Generator
  ) throws(ConfigurationError) -> any LatentVariableModel {
    let latent = configuration.latent.dimension
    let likelihood = try Likelihoods.build(configuration.likelihood)
    let prior = try Priors.build(configuration.prior, latentDimension: latent, device: generator.device)

    func plan(_ key: String, _ options: NetworkOptions, _ inputs: Int, _ outputs: Int) -> NetworkPlan {
      NetworkPlan(
        key: key, inputs: inputs, outputs: outputs, options: options, image: image, generator: generator)
    }
    // The order of construction decides which random numbers each part gets.
    let encoder = try Posteriors.build(
      PosteriorPlan(
        options: configuration.posterior, latentDimension: latent, features: features,
        encoder: { (inputs, outputs) throws(ConfigurationError) in
          try Networks.build(plan("encoder", configuration.encoder, inputs, outputs), from: Networks.encoders)
        }))
    let decoder = try Networks.build(
      plan("decoder", configuration.decoder, latent, features * likelihood.parametersPerFeature),
      from: Networks.decoders)
    return try Divergences.compose(
      DivergencePlan(
        options: configuration.divergence, features: features, latentDimension: latent,
        centreInput: configuration.discriminator.centreInput,
        objectiveScale: configuration.training.objectiveScale,
        discriminator: { (inputs) throws(ConfigurationError) in
          DenseNetwork(plan("discriminator", configuration.discriminator, inputs, 1))
        }),
      ModelParts(encoder: encoder, decoder: decoder, prior: prior, likelihood: likelihood))
  }
}
