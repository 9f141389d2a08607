import Torch

/// An autoencoder and the divergence that trains it: every model of the family.
public struct ComposedModel<D: Divergence, L: Likelihood>: TrainableModel {
  /// q(z|x), p(z) and p(x|z).
  public let autoencoder: Autoencoder<D.Q, D.P, L>
  /// The term that holds q near p.
  public let divergence: D
  private let objectiveScale: Double

  init(_ autoencoder: Autoencoder<D.Q, D.P, L>, _ divergence: D, objectiveScale: Double) {
    self.autoencoder = autoencoder
    self.divergence = divergence
    self.objectiveScale = objectiveScale
  }

  /// The divergence's phases, then the autoencoder's own.
  public var phases: [Phase] {
    divergence.phases(of: autoencoder, objectiveScale: objectiveScale) + autoencoder.closingPhases
  }

  /// The generator, the discriminator where the divergence has one, the classifier where labels teach it.
  public var roles: [ParameterRole] {
    [.generator] + (divergence.parameters.isEmpty ? [] : [.discriminator])
      + (autoencoder.supervision == nil ? [] : [.classifier])
  }

  /// The autoencoder's parameters, the divergence's, or the encoder's.
  public func parameters(of group: ParameterRole) -> ParameterGroup {
    switch group {
    case .generator: autoencoder.generatorParameters
    case .discriminator: divergence.parameters
    case .classifier: autoencoder.encoder.parameters.prefixed("encoder")
    }
  }
}
