import ElboData
import Torch

/// Builds the model that a configuration describes, for data of a shape.
public enum ModelBuilder {
  /// A model with fresh parameters, drawn from `generator` and on its device.
  ///
  /// - Throws: `ConfigurationError` when the parts do not go together, with the reason.
  public static func build(
    _ configuration: RunConfiguration, shape: DataShape, using generator: Generator
  ) throws(ConfigurationError) -> any LatentVariableModel {
    let latent = configuration.latent.dimension
    let features = shape.features
    let conditioning = try configuration.conditioning(shape)
    let likelihood = try Likelihoods.build(configuration.likelihood)

    func plan(_ key: String, _ options: NetworkOptions, _ inputs: Int, _ outputs: Int) -> NetworkPlan {
      NetworkPlan(
        key: key, inputs: inputs, outputs: outputs, options: options, image: shape.image, generator: generator
      )
    }
    // The order of construction decides which random numbers each part gets.
    let encoder = try Posteriors.build(
      PosteriorPlan(
        options: configuration.posterior, latentDimension: latent,
        features: features + conditioning.encoderExtras,
        generator: generator,
        encoder: { (inputs, outputs) throws(ConfigurationError) in
          try Networks.build(plan("encoder", configuration.encoder, inputs, outputs), from: Networks.encoders)
        }))
    let embedding = try configuration.embedding(encoder, using: generator)
    let decoder = try Networks.build(
      plan(
        "decoder", configuration.decoder, (embedding?.dimension ?? latent) + conditioning.decoderExtras,
        features * likelihood.parametersPerFeature),
      from: Networks.decoders)
    let prior = try Priors.build(
      PriorPlan(
        options: configuration.prior, latentDimension: latent, shape: shape, encoder: encoder,
        generator: generator))
    return try Divergences.compose(
      DivergencePlan(
        options: configuration.divergence, features: features, latentDimension: latent,
        classes: shape.classes,
        objectiveScale: configuration.training.objectiveScale,
        discriminator: { (inputs) throws(ConfigurationError) in
          DenseNetwork(plan("discriminator", configuration.discriminator, inputs, 1))
        },
        pairDiscriminator: { () throws(ConfigurationError) in
          try PairDiscriminators.build(
            PairDiscriminatorPlan(
              options: configuration.discriminator, features: features, latentDimension: latent,
              generator: generator))
        }),
      ModelParts(
        encoder: encoder, decoder: decoder, prior: prior, likelihood: likelihood, conditioning: conditioning,
        embedding: embedding, supervision: try configuration.supervision(encoder, shape)))
  }
}

extension RunConfiguration {
  /// Which networks are told the class, for data of a shape.
  func conditioning(_ shape: DataShape) throws(ConfigurationError) -> Conditioning {
    guard conditioning.encoder || conditioning.decoder else { return .none }
    guard shape.classes > 0 else {
      throw ConfigurationError(
        "networks cannot be told classes: \(data.name) has none", at: "conditioning",
        remedy: "use a set with labels, or leave conditioning out")
    }
    return Conditioning(
      encoder: conditioning.encoder, decoder: conditioning.decoder, classes: shape.classes)
  }
}
