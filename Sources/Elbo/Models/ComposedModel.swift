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

  /// The divergence's phases.
  public var phases: [Phase] { divergence.phases(of: autoencoder, objectiveScale: objectiveScale) }

  /// The generator, and the discriminator where the divergence has one.
  public var roles: [ParameterRole] {
    divergence.parameters.isEmpty ? [.generator] : [.generator, .discriminator]
  }

  /// The autoencoder's parameters, or the divergence's.
  public func parameters(of group: ParameterRole) -> ParameterGroup {
    switch group {
    case .generator: autoencoder.generatorParameters
    case .discriminator: divergence.parameters
    }
  }

  /// The autoencoder's buffers, or the divergence's.
  public func buffers(of group: ParameterRole) -> ParameterGroup { part(group).buffers }

  /// The autoencoder's parts whose buffers follow its parameters, or the divergence's.
  public func followers(of group: ParameterRole) -> [any Follower] { part(group).followers }

  private func part(_ group: ParameterRole) -> any Module {
    switch group {
    case .generator: autoencoder
    case .discriminator: divergence
    }
  }
}
