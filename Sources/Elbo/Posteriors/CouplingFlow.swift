import Torch

/// z' = (z_a, z_b exp(s(z_a, c)) + t(z_a, c)): one half of the dimensions moves by an amount the other half
/// decides, the halves taking turns. Dinh et al. 2017 (RealNVP), eq. 4 to 6.
public struct CouplingFlow: FlowMap {
  let network: DenseNetwork
  private let kept: Tensor
  private let moved: Tensor
  private let order: Tensor

  /// A map that keeps the even dimensions, or the odd ones.
  package init(dimension: Int, context: Int, keepsEven: Bool, hidden: [Int], using generator: Generator) {
    let indices = (0..<dimension).map(Int64.init)
    let kept = indices.filter { ($0 % 2 == 0) == keepsEven }
    let moved = indices.filter { ($0 % 2 == 0) != keepsEven }
    func places(_ list: [Int64]) -> Tensor { Tensor(list, shape: [list.count]).moved(to: generator.device) }
    self.kept = places(kept)
    self.moved = places(moved)
    let joined = kept + moved
    order = places(indices.map { Int64(joined.firstIndex(of: $0)!) })
    network = DenseNetwork(
      widths: [kept.count + context] + hidden + [2 * moved.count], activation: .relu,
      initialiser: .glorotUniform, using: generator)
  }

  /// The image and its log determinant.
  public func callAsFunction(_ z: Tensor, context: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    let a = z.gathered(kept, over: 1)
    let b = z.gathered(moved, over: 1)
    let outputs = network(Tensor.concatenate([a, context], over: 1))
    let width = b.size(1)
    // Bounded log scales keep an untrained map from blowing up.
    let logScale = outputs.narrowed(1, from: 0, length: width).tanh() * 2
    let image = b * logScale.exp() + outputs.narrowed(1, from: width, length: width)
    return (Tensor.concatenate([a, image], over: 1).gathered(order, over: 1), logScale.sum(over: [1]))
  }

  /// The z whose image is given, and log |det dz/dz'|.
  package func inverse(_ image: Tensor, context: Tensor) -> (z: Tensor, logDeterminant: Tensor) {
    let a = image.gathered(kept, over: 1)
    let outputs = network(Tensor.concatenate([a, context], over: 1))
    let width = moved.count
    let logScale = outputs.narrowed(1, from: 0, length: width).tanh() * 2
    let b =
      (image.gathered(moved, over: 1) - outputs.narrowed(1, from: width, length: width)) * (-logScale).exp()
    return (Tensor.concatenate([a, b], over: 1).gathered(order, over: 1), -logScale.sum(over: [1]))
  }
}

extension Posteriors {
  static func coupling(_ plan: PosteriorPlan) throws(ConfigurationError) -> any Posterior {
    guard plan.latentDimension >= 2 else {
      throw ConfigurationError("a coupling needs 2 latent dimensions or more", at: "latent.dimension")
    }
    return try FlowPosterior(plan) { dimension, context, index in
      CouplingFlow(
        dimension: dimension, context: context, keepsEven: index % 2 == 0, hidden: plan.options.flowHidden,
        using: plan.generator)
    }
  }
}
