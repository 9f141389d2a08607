import CKernels
import Torch

/// A convolution, or one of its gradients, as the kernels see it: a relation of a small picture and a large one.
struct Convolution: Hashable {
  /// Which of the three is made from the other two.
  var kind: Kind
  /// The number of pictures.
  var examples: Int
  /// Channels, height and width.
  var small: [Int]
  var large: [Int]
  /// Heights and widths.
  var kernel: [Int]
  var stride: [Int]
  var padding: [Int]

  enum Kind: Hashable {
    case smallFromLarge, largeFromSmall, weightsGradient
  }

  /// For people.
  var title: String {
    func text(_ picture: [Int]) -> String { picture.map(String.init).joined(separator: "x") }
    let verb =
      switch kind {
      case .smallFromLarge: "\(text(small)) from \(text(large))"
      case .largeFromSmall: "\(text(large)) from \(text(small))"
      case .weightsGradient: "weights' gradient of \(text(small)) and \(text(large))"
      }
    return "convolution \(verb), kernel \(text(kernel)), \(examples) examples"
  }

  /// The convolution of these recorded values; nil where no kernel is for it.
  ///
  /// - Parameters:
  ///   - input: what is convolved, [examples, channels, height, width].
  ///   - output: what that gives.
  ///   - options: stride, padding, dilation, whether it is transposed, output padding, groups.
  init?(
    _ kind: Kind, input: Shape, output: Shape, weights: Recording.Value,
    options: ArraySlice<Recording.Argument>
  ) {
    let options = Array(options)
    guard input.count == 4, output.count == 4, input[0] >= 16, !output.contains(0),
      case .ints(let stride) = options[0], case .ints(let padding) = options[1],
      case .ints(let dilation) = options[2], case .bool(let isTransposed) = options[3],
      case .int(1) = options[5], dilation.allSatisfy({ $0 == 1 }), weights.type == .float32,
      Self.isDense(weights)
    else { return nil }
    self.kind = kind
    examples = input[0]
    small = Array((isTransposed ? input : output).dropFirst())
    large = Array((isTransposed ? output : input).dropFirst())
    kernel = Array(weights.shape.suffix(2))
    self.stride = stride.count == 1 ? stride + stride : stride
    self.padding = padding.count == 1 ? padding + padding : padding
  }

  private static func isDense(_ value: Recording.Value) -> Bool {
    Place(buffer: 0, offset: 0, shape: value.shape, strides: value.strides).isDense
  }

  /// The same for the kernels, with no memory yet.
  var description: ck_convolution {
    var result = ck_convolution()
    let number =
      switch kind {
      case .smallFromLarge: CK_SMALL_FROM_LARGE
      case .largeFromSmall: CK_LARGE_FROM_SMALL
      case .weightsGradient: CK_WEIGHTS_GRADIENT
      }
    result.kind = Int32(number)
    result.images = Int64(examples)
    (result.small_channels, result.small_height, result.small_width) = (
      Int64(small[0]), Int64(small[1]), Int64(small[2])
    )
    (result.large_channels, result.large_height, result.large_width) = (
      Int64(large[0]), Int64(large[1]), Int64(large[2])
    )
    (result.kernel_height, result.kernel_width) = (Int64(kernel[0]), Int64(kernel[1]))
    (result.stride_height, result.stride_width) = (Int64(stride[0]), Int64(stride[1]))
    (result.padding_height, result.padding_width) = (Int64(padding[0]), Int64(padding[1]))
    return result
  }
}
