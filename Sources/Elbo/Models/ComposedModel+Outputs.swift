import Torch

/// A tensor, and what other programs are to know it by.
public struct NamedTensor {
  /// The name, in the style of Python's.
  public let name: String
  /// The values.
  public let tensor: Tensor

  /// A tensor under a name.
  public init(_ name: String, _ tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}

extension ComposedModel {
  /// The number of classes, where the encoder is told the class.
  public var encoderClasses: Int? {
    autoencoder.conditioning.encoder ? autoencoder.conditioning.classes : nil
  }

  /// What q(z|x) is given by.
  public func encoderOutputs(
    _ x: Tensor, classes: Tensor?, using generator: Generator
  ) -> [NamedTensor] {
    let encoder = autoencoder.encoder
    return encoder.namedOutputs(
      encoder.conditional(given: Conditioning.joined(x, classes)), using: generator)
  }

  /// E[x|z], and what else p(x|z) is given by.
  public func decoderOutputs(_ z: Tensor, classes: Tensor?) -> [NamedTensor] {
    let seen = autoencoder.embedding?(z) ?? z
    let parameters = autoencoder.decoder(Conditioning.joined(seen, classes))
    let likelihood = autoencoder.likelihood
    return [NamedTensor("mean", likelihood.mean(given: parameters))]
      + likelihood.namedParameters(parameters)
  }
}
