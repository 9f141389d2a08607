import ElboDistributions
import Torch

/// p(z) = 1/K sum q(z|u_k): the posteriors of K pseudo-inputs that are learned. Tomczak and Welling 2018, eq.
/// 9.
public struct VampPrior<Q: DensityPosterior>: DensityPrior where Q.Conditional == DiagonalNormal {
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// Logits of the pseudo-inputs: [components, features], so that pixels stay in [0, 1].
  let pseudoInputs: Parameter
  private let encoder: Borrowed<Q>

  /// A prior of so many components that shares a posterior's encoder.
  init(_ encoder: Q, components: Int, features: Int, using generator: Generator) {
    latentDimension = encoder.latentDimension
    self.encoder = Borrowed(encoder)
    let start = Tensor.zeros([components, features], device: generator.device)
    start.fillNormal(deviation: 1, using: generator)
    pseudoInputs = Parameter(start)
  }

  /// The mixture of the pseudo-inputs' posteriors, as the encoder has them now.
  public var distribution: any Distribution {
    let components = encoder.value.conditional(given: pseudoInputs.tensor.sigmoid())
    let logits = Tensor.zeros([pseudoInputs.tensor.size(0)], device: pseudoInputs.tensor.device)
    return Mixture(logits: logits, components: components)
  }
}

/// A module that another owns: its parameters are not counted here.
private struct Borrowed<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension Priors {
  static func vamp(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard let encoder = plan.encoder as? GaussianPosterior else {
      throw ConfigurationError(
        "a VampPrior is made of Gaussian posteriors", at: "prior.kind", remedy: "use posterior.kind=gaussian")
    }
    return VampPrior(
      encoder, components: plan.options.components, features: plan.shape.features, using: plan.generator)
  }
}
