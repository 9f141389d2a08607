import Torch

/// A code of few dimensions from a class y and a style s: r = s + W y. Each column of W is the head of a
/// cluster, and the decoder sees r alone. Makhzani et al. 2015, section 7.
public struct ClusterEmbedding: Module {
  /// The heads: [classes, style].
  let heads: Parameter
  private let distance: Double

  init(classes: Int, style: Int, distance: Double, using generator: Generator) {
    // Heads start as far from 0 as they are to be from one another.
    heads = Parameter(Tensor.standardNormal([classes, style], using: generator) * distance)
    self.distance = distance
  }

  /// The number of dimensions of r.
  var dimension: Int { heads.tensor.size(1) }

  /// r of codes [n, classes + style]: [n, style].
  func callAsFunction(_ z: Tensor) -> Tensor {
    let classes = heads.tensor.size(0)
    let style = z.narrowed(1, from: classes, length: z.size(1) - classes)
    return style + z.narrowed(1, from: 0, length: classes).matmul(heads.tensor)
  }

  /// The phase that keeps the heads apart: it moves them by sum over pairs of max(0, d - |w_i - w_j|).
  var phase: Phase {
    Phase(name: "cluster heads", repeats: 1) { _ in
      PhaseResult(
        objectives: [Objective(name: .crowding, value: crowding, updates: .generator)], metrics: { [] })
    }
  }

  private var crowding: Tensor {
    let w = heads.tensor
    let count = w.size(0)
    let gaps = w.unsqueezed(0) - w.unsqueezed(1)
    // A head's distance to itself has no slope; it is kept out of the sum by standing beyond the threshold.
    let itself = Tensor.range(to: Double(count), device: w.device).converted(to: .int64)
      .oneHot(classes: count).converted(to: .float32)
    let distances = (gaps.squared().sum(over: [2]) + itself * (4 * distance * distance) + 1e-12).sqrt()
    return (distances * -1 + distance).relu().sum() * 0.5
  }
}

extension RunConfiguration {
  /// The embedding of a posterior's codes; nil where the decoder sees the codes themselves.
  func embedding(
    _ encoder: any Posterior, using generator: Generator
  ) throws(ConfigurationError) -> ClusterEmbedding? {
    guard latent.headDistance > 0 else { return nil }
    guard let classifying = encoder as? any ClassifyingPosterior else {
      throw ConfigurationError(
        "only a code with a class has heads of clusters", at: "latent.headDistance",
        remedy: "use posterior.kind=class-style")
    }
    return ClusterEmbedding(
      classes: classifying.classes, style: latent.dimension - classifying.classes,
      distance: latent.headDistance, using: generator)
  }
}
