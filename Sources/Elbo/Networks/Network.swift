import Torch

/// A map of feature vectors: x [n, inputs] -> [n, outputs].
public protocol Network: Module {
  /// The outputs for a batch.
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// The sizes of an image, whose features are its pixels in the order channel, row, column.
public struct ImageShape: Sendable, Hashable {
  /// 1 for grey, 3 for colours.
  public var channels: Int
  /// The number of rows.
  public var height: Int
  /// The number of columns.
  public var width: Int

  /// An image's sizes.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// The number of values.
  public var count: Int { channels * height * width }
}

/// What a network is built from: its sizes, its options, and the generator that draws its first values.
public struct NetworkPlan {
  /// The configuration key of the options, for errors.
  let key: String
  let inputs: Int
  let outputs: Int
  let options: NetworkOptions
  /// The data's shape, where they are images.
  let image: ImageShape?
  let generator: Generator
}

/// The kinds of encoders and decoders, by name. A new kind is one file and one line here.
enum Networks {
  typealias Builder = @Sendable (NetworkPlan) throws(ConfigurationError) -> any Network

  static let encoders: [String: Builder] = [
    "dense": { DenseNetwork($0) },
    "convolutional": ConvolutionalEncoder.init,
    "residual": ResidualNetwork.init,
  ]

  static let decoders: [String: Builder] = [
    "dense": { DenseNetwork($0) },
    "convolutional": ConvolutionalDecoder.init,
    "residual": ResidualNetwork.init,
  ]

  /// The network that a plan describes.
  static func build(
    _ plan: NetworkPlan, from builders: [String: Builder]
  ) throws(ConfigurationError) -> any Network {
    guard let builder = builders[plan.options.kind] else {
      throw .unknown("value", plan.options.kind, known: Array(builders.keys), at: plan.key + ".kind")
    }
    return try builder(plan)
  }
}
