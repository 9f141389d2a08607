import Foundation
import Torch

/// The squared Cramer-Wold distance of a batch's codes from N(0, I): the mean over all directions of the L2
/// distance of both once projected and smoothed, in closed form and without samples of the prior. Knop et al.
/// 2020, "Cramer-Wold AutoEncoder", eq. 11, for n codes of d >= 2 dimensions, s = (4 / 3n)^(2/5):
///
///   1/(2 sqrt pi) [ 1/n^2 sum_ij (s + |z_i - z_j|^2/(2d - 3))^(-1/2) + (1 + s)^(-1/2)
///                   - 2/n sum_i (s + 1/2 + |z_i|^2/(2d - 3))^(-1/2) ]
public struct CramerWold<Q: Posterior>: Divergence {
  private let weight: DivergenceWeight

  /// A distance with this weight.
  public init(weight: DivergenceWeight = DivergenceWeight()) { self.weight = weight }

  /// One phase with one objective.
  public func phases<L: Likelihood>(
    of model: Autoencoder<Q, StandardNormalPrior, L>, objectiveScale: Double
  ) -> [Phase] {
    let step = { (context: StepContext) in
      let batch = context.batch
      let z = model.sample(batch, using: context.generator)
      let parameters = model.decode(z, labels: batch.labels)
      let negative = model.likelihood.meanNegativeLogDensity(of: batch.x, given: parameters)
      let distance = context.overWholeBatch([z]) { self.distance($0[0]) }
      let value = (negative + distance * context.number(weight)) * objectiveScale
      return PhaseResult(
        objectives: [Objective(name: .generator, value: value, updates: .generator)],
        metrics: { model.reconstructionMetrics(negative, of: batch.x, from: parameters) })
    }
    return [Phase(name: "reconstruction and distance", repeats: 1, forward: step)]
  }

  /// The squared distance of codes [n, d]: a scalar.
  package func distance(_ z: Tensor) -> Tensor {
    let (n, d) = (Double(z.size(0)), Double(z.size(1)))
    let smoothing = pow(4 / (3 * n), 0.4)
    let norms = z.squared().sum(over: [1], keeping: true)
    let between = (norms - z.matmul(z.transposed()) * 2 + norms.transposed()).clamped(from: 0)
    let codes = (between / (2 * d - 3) + smoothing).reciprocalSquareRoot().mean()
    let both = (norms / (2 * d - 3) + (smoothing + 0.5)).reciprocalSquareRoot().mean()
    return (codes + 1 / (1 + smoothing).squareRoot() - both * 2) / (2 * Double.pi.squareRoot())
  }
}

extension Divergences {
  static func composeCramerWold(
    _ plan: DivergencePlan, _ parts: ModelParts
  ) throws(ConfigurationError) -> any LatentVariableModel {
    guard let prior = parts.prior as? StandardNormalPrior else {
      throw ConfigurationError(
        "the Cramer-Wold distance is one from N(0, I)", at: "prior.kind",
        remedy: "use prior.kind=standard-normal, or divergence.kind=mmd")
    }
    guard plan.latentDimension >= 2 else {
      throw ConfigurationError(
        "the Cramer-Wold distance needs 2 latent dimensions or more", at: "latent.dimension")
    }
    func compose<Q: Posterior, L: Likelihood>(_ encoder: Q, _ likelihood: L) -> any LatentVariableModel {
      ComposedModel(
        parts.autoencoder(encoder, prior, likelihood), CramerWold<Q>(weight: plan.weight),
        objectiveScale: plan.objectiveScale)
    }
    return compose(parts.encoder, parts.likelihood)
  }
}
