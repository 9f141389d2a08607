import ElboDistributions
import Torch

/// A trained or training model as its users see it, whatever it is composed of.
public protocol LatentVariableModel: TrainableModel {
  /// The number of latent dimensions.
  var latentDimension: Int { get }

  /// A sample of q(z|x) for each example: [n, latentDimension].
  func encode(_ x: Tensor, using generator: Generator) -> Tensor
  /// The codes at zero noise: [n, latentDimension].
  func encodeZeroNoise(_ x: Tensor) -> Tensor
  /// The posterior means, by `samples` draws where no formula gives them: [n, latentDimension].
  func encodeMean(_ x: Tensor, samples: Int, using generator: Generator) -> Tensor

  /// Samples of the prior: [count, latentDimension].
  func samplePrior(_ count: Int, using generator: Generator) -> Tensor
  /// The prior's density, where it is known.
  var priorDistribution: (any Distribution)? { get }

  /// E[x|z]: [n, features].
  func decodeMean(_ z: Tensor) -> Tensor
  /// A draw of x for each z: [n, features].
  func decodeSample(_ z: Tensor, using generator: Generator) -> Tensor
  /// log p(x|z) of pairs of rows: [n], in nats.
  func logLikelihood(of x: Tensor, given z: Tensor) -> Tensor
  /// log p(x|z) of every example for every z: [n, k], in nats.
  func logLikelihoods(of x: Tensor, given z: Tensor) -> Tensor

  /// One sample of the terms of the evidence lower bound for each example.
  func boundTerms(_ x: Tensor, using generator: Generator) -> BoundTerms
}

/// The terms of the evidence lower bound for each example of a batch, in nats.
public struct BoundTerms {
  /// log p(x|z) at one sample of z: [n].
  public let reconstruction: Tensor
  /// The divergence of q(z|x) from the prior, where the model has one.
  public let divergence: DivergenceEstimate?
  /// The squared error of E[x|z], averaged over features: [n].
  public let squaredError: Tensor
}

extension ComposedModel: LatentVariableModel {
  public var latentDimension: Int { autoencoder.prior.latentDimension }

  public func encode(_ x: Tensor, using generator: Generator) -> Tensor {
    autoencoder.encoder.sample(given: x, using: generator)
  }

  public func encodeZeroNoise(_ x: Tensor) -> Tensor { autoencoder.encoder.zeroNoise(given: x) }

  public func encodeMean(_ x: Tensor, samples: Int, using generator: Generator) -> Tensor {
    autoencoder.encoder.mean(given: x, samples: samples, using: generator)
  }

  public func samplePrior(_ count: Int, using generator: Generator) -> Tensor {
    autoencoder.prior.sample(count, using: generator)
  }

  public var priorDistribution: (any Distribution)? {
    (autoencoder.prior as? any DensityPrior)?.distribution
  }

  public func decodeMean(_ z: Tensor) -> Tensor { autoencoder.likelihood.mean(given: autoencoder.decoder(z)) }

  public func decodeSample(_ z: Tensor, using generator: Generator) -> Tensor {
    autoencoder.likelihood.sample(given: autoencoder.decoder(z), using: generator)
  }

  public func logLikelihood(of x: Tensor, given z: Tensor) -> Tensor {
    autoencoder.likelihood.logDensity(of: x, given: autoencoder.decoder(z))
  }

  public func logLikelihoods(of x: Tensor, given z: Tensor) -> Tensor {
    autoencoder.likelihood.logDensities(of: x, given: autoencoder.decoder(z))
  }

  public func boundTerms(_ x: Tensor, using generator: Generator) -> BoundTerms {
    let conditional = autoencoder.encoder.conditional(given: x)
    let z = autoencoder.encoder.sample(conditional, using: generator)
    let parameters = autoencoder.decoder(z)
    return BoundTerms(
      reconstruction: autoencoder.likelihood.logDensity(of: x, given: parameters),
      divergence: divergence.estimate(conditional, z, given: x, prior: autoencoder.prior),
      squaredError: (autoencoder.likelihood.mean(given: parameters) - x).squared().mean(over: [1]))
  }
}
