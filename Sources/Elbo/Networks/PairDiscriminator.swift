import Torch

/// A discriminator T(x, z) of pairs of an example and a latent.
public protocol PairDiscriminator: Module {
  /// The logits: [n, 1] for x [n, features] and z [n, latentDimension].
  func callAsFunction(_ x: Tensor, _ z: Tensor) -> Tensor
}

/// What a discriminator of pairs is built from.
struct PairDiscriminatorPlan {
  let options: NetworkOptions
  let features: Int
  let latentDimension: Int
  let generator: Generator
}

/// The kinds of discriminators of pairs, by name. A new kind is one file and one line here.
enum PairDiscriminators {
  static let builders: [String: @Sendable (PairDiscriminatorPlan) -> any PairDiscriminator] = [
    "dense": { JointDiscriminator($0) },
    "bilinear": { BilinearDiscriminator($0) },
  ]

  static func build(_ plan: PairDiscriminatorPlan) throws(ConfigurationError) -> any PairDiscriminator {
    guard let builder = builders[plan.options.kind] else {
      throw .unknown("value", plan.options.kind, known: Array(builders.keys), at: "discriminator.kind")
    }
    return builder(plan)
  }
}
