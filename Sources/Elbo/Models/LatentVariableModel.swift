import ElboDistributions
import Torch

/// A trained or training model as its users see it, whatever it is composed of.
public protocol LatentVariableModel: TrainableModel {
  /// The number of latent dimensions.
  var latentDimension: Int { get }

  /// The number of classes, where the decoder is told the class of what it decodes.
  var decoderClasses: Int? { get }

  /// A sample of q(z|x) for each example: [n, latentDimension].
  func encode(_ batch: Batch, using generator: Generator) -> Tensor
  /// The codes at zero noise: [n, latentDimension].
  func encodeZeroNoise(_ batch: Batch) -> Tensor
  /// The posterior means, by `samples` draws where no formula gives them: [n, latentDimension].
  func encodeMean(_ batch: Batch, samples: Int, using generator: Generator) -> Tensor

  /// q(z|x) of a batch, to be sampled more than once.
  func posterior(given batch: Batch) -> ConditionalPosterior
  /// Whether q(z|x) is a single z.
  var posteriorIsDeterministic: Bool { get }
  /// What a discriminator of x and z is to tell apart, and its answers; nil for a model without one.
  func discriminatorContest(_ batch: Batch, using generator: Generator) -> DiscriminatorContest?

  /// The number of classes within the code: the first so many latent dimensions; nil for a code without.
  var codeClasses: Int? { get }
  /// log q(y|x) of every class of the code, up to a constant: [n, codeClasses]; nil for a code without.
  func classLogits(_ batch: Batch) -> Tensor?
  /// What the decoder sees in place of z [n, latentDimension]: an embedding of few dimensions; nil where it
  /// sees z itself.
  func embed(_ z: Tensor) -> Tensor?

  /// Samples of the prior: [count, latentDimension].
  func samplePrior(_ count: Int, using generator: Generator) -> Tensor
  /// The number of classes whose samples the prior can give; 0 where it knows none.
  var priorClasses: Int { get }
  /// Samples of p(z|y) for classes, int64 [n]: [n, latentDimension].
  func samplePrior(labels: Tensor, using generator: Generator) -> Tensor
  /// So many places along the main axis of each of the prior's classes: [priorClasses * count,
  /// latentDimension], class by class; nil for a prior without such axes.
  func walkPrior(_ count: Int) -> Tensor?
  /// The prior's density, where it is known.
  var priorDistribution: (any Distribution)? { get }

  /// E[x|z]: [n, features]. A decoder that is told the class needs the labels, int64 [n].
  func decodeMean(_ z: Tensor, labels: Tensor?) -> Tensor
  /// A draw of x for each z: [n, features].
  func decodeSample(_ z: Tensor, labels: Tensor?, using generator: Generator) -> Tensor
  /// log p(x|z) of pairs of rows: [n], in nats.
  func logLikelihood(of batch: Batch, given z: Tensor) -> Tensor
  /// log p(x|z) of every example for every z: [n, k], in nats. Only for a decoder that is not told the class.
  func logLikelihoods(of x: Tensor, given z: Tensor) -> Tensor

  /// One sample of the terms of the evidence lower bound for each example.
  func boundTerms(_ batch: Batch, using generator: Generator) -> BoundTerms
}

extension LatentVariableModel {
  /// Classes 0, 1, 2, ... over and over, int64 [count], for a decoder that is told the class; nil for any other.
  public func cycledLabels(_ count: Int, device: Device) -> Tensor? {
    decoderClasses.map { classes in
      Tensor((0..<count).map { Int64($0 % classes) }, shape: [count]).moved(to: device)
    }
  }
}

/// The terms of the evidence lower bound for each example of a batch, in nats.
public struct BoundTerms {
  /// log p(x|z) at one sample of z: [n].
  public let reconstruction: Tensor
  /// The divergence of q(z|x) from the prior, where the model has one.
  public let divergence: DivergenceEstimate?
  /// The squared error of E[x|z], averaged over features: [n]; computed only where it is asked for.
  public let squaredError: () -> Tensor
}

extension ComposedModel: LatentVariableModel {
  /// The number of latent dimensions.
  public var latentDimension: Int { autoencoder.prior.latentDimension }

  /// The number of classes, where the decoder is told the class.
  public var decoderClasses: Int? {
    autoencoder.conditioning.decoder ? autoencoder.conditioning.classes : nil
  }

  /// A sample of q(z|x) for each example: [n, latentDimension].
  public func encode(_ batch: Batch, using generator: Generator) -> Tensor {
    autoencoder.sample(batch, using: generator)
  }

  /// The codes at zero noise: [n, latentDimension].
  public func encodeZeroNoise(_ batch: Batch) -> Tensor {
    autoencoder.encoder.zeroNoise(given: autoencoder.conditioning.encoderInput(batch))
  }

  /// The posterior means: [n, latentDimension].
  public func encodeMean(_ batch: Batch, samples: Int, using generator: Generator) -> Tensor {
    autoencoder.encoder.mean(
      given: autoencoder.conditioning.encoderInput(batch), samples: samples, using: generator)
  }

  /// q(z|x) of a batch.
  public func posterior(given batch: Batch) -> ConditionalPosterior {
    ConditionalPosterior(autoencoder.encoder, given: autoencoder.conditioning.encoderInput(batch))
  }

  /// Whether q(z|x) is a single z.
  public var posteriorIsDeterministic: Bool { autoencoder.encoder.isDeterministic }

  /// What the divergence's discriminator is to tell apart.
  public func discriminatorContest(_ batch: Batch, using generator: Generator) -> DiscriminatorContest? {
    divergence.discriminatorContest(batch, of: autoencoder, using: generator)
  }

  /// The number of classes within the code.
  public var codeClasses: Int? { (autoencoder.encoder as? any ClassifyingPosterior)?.classes }

  /// log q(y|x) of every class of the code, up to a constant: [n, codeClasses].
  public func classLogits(_ batch: Batch) -> Tensor? {
    func logits(_ encoder: some ClassifyingPosterior) -> Tensor {
      encoder.classLogits(encoder.conditional(given: autoencoder.conditioning.encoderInput(batch)))
    }
    return (autoencoder.encoder as? any ClassifyingPosterior).map { logits($0) }
  }

  /// The embedding that the decoder sees.
  public func embed(_ z: Tensor) -> Tensor? { autoencoder.embedding?(z) }

  /// Samples of the prior: [count, latentDimension].
  public func samplePrior(_ count: Int, using generator: Generator) -> Tensor {
    autoencoder.prior.sample(count, using: generator)
  }

  /// The number of the prior's classes.
  public var priorClasses: Int { autoencoder.prior.classCount }

  /// Samples of p(z|y): [n, latentDimension].
  public func samplePrior(labels: Tensor, using generator: Generator) -> Tensor {
    autoencoder.prior.sample(labels: labels, using: generator)
  }

  /// Places along the main axes of the prior's classes.
  public func walkPrior(_ count: Int) -> Tensor? { autoencoder.prior.walk(count) }

  /// The prior's density, where it is known.
  public var priorDistribution: (any Distribution)? {
    (autoencoder.prior as? any DensityPrior)?.distribution
  }

  /// E[x|z]: [n, features].
  public func decodeMean(_ z: Tensor, labels: Tensor?) -> Tensor {
    autoencoder.likelihood.mean(given: autoencoder.decode(z, labels: labels))
  }

  /// A draw of x for each z: [n, features].
  public func decodeSample(_ z: Tensor, labels: Tensor?, using generator: Generator) -> Tensor {
    autoencoder.likelihood.sample(given: autoencoder.decode(z, labels: labels), using: generator)
  }

  /// log p(x|z) of pairs of rows: [n], in nats.
  public func logLikelihood(of batch: Batch, given z: Tensor) -> Tensor {
    autoencoder.likelihood.logDensity(of: batch.x, given: autoencoder.decode(z, labels: batch.labels))
  }

  /// log p(x|z) of every example for every z: [n, k], in nats.
  public func logLikelihoods(of x: Tensor, given z: Tensor) -> Tensor {
    autoencoder.likelihood.logDensities(of: x, given: autoencoder.decode(z, labels: nil))
  }

  /// One sample of the terms of the bound for each example.
  public func boundTerms(_ batch: Batch, using generator: Generator) -> BoundTerms {
    let (z, estimate) = divergence.boundTerms(batch, of: autoencoder, using: generator)
    let parameters = autoencoder.decode(z, labels: batch.labels)
    return BoundTerms(
      reconstruction: autoencoder.likelihood.logDensity(of: batch.x, given: parameters),
      divergence: estimate,
      squaredError: {
        (autoencoder.likelihood.mean(given: parameters) - batch.x).squared().mean(over: [1])
      })
  }
}
