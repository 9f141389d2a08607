import ElboDistributions
import Torch

/// The parts that every model here has: q(z|x), p(z) and p(x|z), each of them given the class where so
/// configured.
public struct Autoencoder<Q: Posterior, P: Prior, L: Likelihood>: Module {
  /// q(z|x); its parameters are the encoder's.
  public let encoder: Q
  /// From z to the likelihood's parameters.
  public let decoder: any Network
  /// p(z).
  public let prior: P
  /// p(x|z).
  public let likelihood: L
  /// Which of the networks are told the class.
  public let conditioning: Conditioning
  /// What the decoder sees in place of z, where it is not z itself.
  public let embedding: ClusterEmbedding?
  /// How labelled examples teach the encoder, where they do.
  let supervision: Supervision?

  /// q(z|x) of a batch, by one pass of the encoder.
  func conditional(_ batch: Batch) -> Q.Conditional {
    encoder.conditional(given: conditioning.encoderInput(batch))
  }

  /// One sample of z for each example: [n, latentDimension].
  func sample(_ batch: Batch, using generator: Generator) -> Tensor {
    encoder.sample(conditional(batch), using: generator)
  }

  /// The likelihood's parameters for latents and, where the decoder is told them, classes.
  func decode(_ z: Tensor, labels: Tensor?) -> Tensor {
    decoder(conditioning.decoderInput(embedding?(z) ?? z, labels))
  }

  /// The phases that come after those of any divergence.
  var closingPhases: [Phase] {
    var phases: [Phase] = []
    if let supervision, let encoder = encoder as? any ClassifyingPosterior {
      phases.append(supervision.phase(of: encoder, conditioning))
    }
    if let embedding { phases.append(embedding.phase) }
    return phases
  }

  /// The parameters that the reconstruction and the divergence move.
  public var generatorParameters: ParameterGroup {
    encoder.parameters.prefixed("encoder") + decoder.parameters.prefixed("decoder")
      + prior.parameters.prefixed("prior") + (embedding?.parameters.prefixed("embedding") ?? ParameterGroup())
  }

  /// The metrics of a reconstruction: its mean log likelihood, and the squared error of E[x|z].
  func reconstructionMetrics(_ negative: Tensor, of x: Tensor, from parameters: Tensor) -> [Metric] {
    [
      Metric(name: .reconstruction, value: -negative),
      Metric(name: .mse, value: likelihood.mean(given: parameters).meanSquaredError(to: x)),
    ]
  }
}
