import ElboDistributions
import Torch

/// Independent pixels of a few grey levels on [0, 1], each level with a logit of its own. Pixels between two
/// levels count as the nearer one.
public struct CategoricalLikelihood: Likelihood {
  private let levels: Int

  /// A likelihood of so many levels, evenly spaced from 0 to 1.
  public init(levels: Int) { self.levels = levels }

  /// A logit for each level of a pixel.
  public var parametersPerFeature: Int { levels }
  /// Black to white.
  public var support: ClosedRange<Double> { 0...1 }

  /// The distributions of the pixels, as values on [0, 1].
  public func distribution(given parameters: Tensor) -> any Distribution {
    Independent(Levels(index: Categorical(logits: logits(parameters)), count: levels), reinterpreting: 1)
  }

  /// "logits" of the levels: [n, features, levels].
  public func namedParameters(_ parameters: Tensor) -> [NamedTensor] {
    [NamedTensor("logits", logits(parameters))]
  }

  /// The mean level.
  public func mean(given parameters: Tensor) -> Tensor {
    let places = Tensor.range(to: Double(levels), device: parameters.device) / Double(levels - 1)
    return (logits(parameters).softmax(over: -1) * places).sum(over: [-1])
  }

  private func logits(_ parameters: Tensor) -> Tensor {
    parameters.reshaped(Array(parameters.shape.dropLast()) + [parameters.size(-1) / levels, levels])
  }
}

/// A categorical distribution whose outcomes are evenly spaced values on [0, 1].
private struct Levels: Distribution {
  let index: Categorical
  let count: Int

  var batchShape: Shape { index.batchShape }
  var eventShape: Shape { [] }
  var isReparameterised: Bool { false }

  func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    index.sample(sampleShape, using: generator).converted(to: .float32) / Double(count - 1)
  }

  func logDensity(at value: Tensor) -> Tensor {
    index.logDensity(at: (value * Double(count - 1)).round().converted(to: .int64))
  }
}
