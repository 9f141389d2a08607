import ElboDistributions
import Foundation
import Torch

/// Mixtures of normal distributions with full covariances, fitted by expectation-maximisation from a start by k-means++.
/// Ghosh et al. 2020, section 4.
///
/// There are fewer components than asked for where there are fewer distinct codes.
public struct NormalMixtureDensity: AggregateDensity {
  /// The most components.
  public let components: Int
  /// The most iterations.
  public var iterations = 200
  /// Iterations end where one gains less than this, in nats a code.
  public var tolerance = 1e-4

  /// Mixtures of so many components.
  public init(components: Int = 10) { self.components = components }

  /// The mixture that iterations led to.
  public func fit(_ codes: Tensor, using generator: Generator) -> AggregateFit {
    let result = withoutGradients {
      ExpectationMaximisation(codes).run(
        components: components, iterations: iterations, tolerance: tolerance, using: generator)
    }
    let normals = result.mixture.components
    let count = normals.batchShape[0]
    return AggregateFit(
      distribution: Mixture(
        logits: result.mixture.index.logProbabilities.converted(to: .float32),
        components: FullCovarianceNormal(
          mean: normals.mean.converted(to: .float32),
          scaleTriangle: normals.scaleTriangle.converted(to: .float32))
      ),
      summary:
        "mixture of \(count) normal distribution\(count == 1 ? "" : "s"), fitted to \(codes.size(0)) codes by "
        + "\(result.objectives.count) iterations of EM")
  }
}
