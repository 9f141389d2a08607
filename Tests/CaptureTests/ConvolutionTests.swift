import CKernels
import ElboData
import Testing

/// Convolutions and their gradients against sums in double precision, on every instruction set that is here.
@Suite struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var small: Int, large: Int
    var height: Int, width: Int
    var kernel: (Int, Int), stride: (Int, Int), padding: (Int, Int)
    var images: Int
    var largeHeight: Int { (height - 1) * stride.0 + kernel.0 - 2 * padding.0 }
    var largeWidth: Int { (width - 1) * stride.1 + kernel.1 - 2 * padding.1 + 1 }
    var testDescription: String {
      "\(small) and \(large) channels, \(height)x\(width), kernel \(kernel), stride \(stride), "
        + "padding \(padding), \(images) images"
    }
  }

  static let cases = [
    Case(
      small: 8, large: 1, height: 4, width: 5, kernel: (5, 5), stride: (2, 2), padding: (0, 0), images: 64),
    Case(
      small: 1, large: 8, height: 6, width: 6, kernel: (3, 3), stride: (1, 1), padding: (1, 1), images: 64),
    Case(
      small: 8, large: 8, height: 3, width: 4, kernel: (5, 5), stride: (2, 2), padding: (2, 1), images: 32),
    Case(
      small: 15, large: 3, height: 3, width: 2, kernel: (3, 4), stride: (1, 3), padding: (0, 2), images: 100),
    Case(
      small: 2, large: 17, height: 2, width: 3, kernel: (1, 2), stride: (2, 1), padding: (0, 0), images: 16),
    Case(
      small: 30, large: 7, height: 2, width: 2, kernel: (2, 2), stride: (2, 2), padding: (0, 0), images: 41),
    Case(
      small: 3, large: 2, height: 5, width: 1, kernel: (3, 3), stride: (1, 1), padding: (1, 1), images: 19),
    // Large enough for the lines of the source to be laid out anew, both ways.
    Case(
      small: 24, large: 18, height: 3, width: 12, kernel: (5, 4), stride: (2, 2), padding: (2, 1), images: 330
    ),
    // One channel: pixels side by side are made together, from lines laid out anew and from where they lie.
    Case(
      small: 1, large: 40, height: 3, width: 14, kernel: (5, 5), stride: (1, 1), padding: (2, 2), images: 330),
    Case(
      small: 5, large: 1, height: 3, width: 15, kernel: (3, 3), stride: (1, 1), padding: (1, 1), images: 50),
  ]

  /// Small, large, weights and biases, with one of the first three computed.
  private struct Numbers {
    var small: [Float], large: [Float], weights: [Float], bias: [Float]

    init(_ shape: Case) {
      var random = SplitMix64(seed: 11)
      func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      }
      small = numbers(shape.small * shape.height * shape.width * shape.images)
      large = numbers(shape.large * shape.largeHeight * shape.largeWidth * shape.images)
      weights = numbers(shape.small * shape.large * shape.kernel.0 * shape.kernel.1)
      bias = numbers(max(shape.small, shape.large))
    }

    /// What a kind makes.
    func made(_ kind: Int) -> [Float] {
      switch kind {
      case CK_SMALL_FROM_LARGE: small
      case CK_LARGE_FROM_SMALL: large
      default: weights
      }
    }
  }

  private static func run(_ shape: Case, _ kind: Int, packing: Bool = false, _ numbers: inout Numbers) {
    var it = ck_convolution()
    it.kind = Int32(kind)
    it.images = Int64(shape.images)
    (it.small_channels, it.small_height, it.small_width) = (
      Int64(shape.small), Int64(shape.height), Int64(shape.width)
    )
    (it.large_channels, it.large_height, it.large_width) = (
      Int64(shape.large), Int64(shape.largeHeight), Int64(shape.largeWidth)
    )
    (it.kernel_height, it.kernel_width) = (Int64(shape.kernel.0), Int64(shape.kernel.1))
    (it.stride_height, it.stride_width) = (Int64(shape.stride.0), Int64(shape.stride.1))
    (it.padding_height, it.padding_width) = (Int64(shape.padding.0), Int64(shape.padding.1))
    numbers.small.withUnsafeMutableBufferPointer { small in
      numbers.large.withUnsafeMutableBufferPointer { large in
        numbers.weights.withUnsafeMutableBufferPointer { weights in
          numbers.bias.withUnsafeMutableBufferPointer { bias in
            (it.small, it.large, it.weights) = (small.baseAddress!, large.baseAddress!, weights.baseAddress!)
            if kind != CK_WEIGHTS_GRADIENT { it.bias = UnsafePointer(bias.baseAddress!) }
            let scratch = UnsafeMutablePointer<Float>.allocate(capacity: Int(ck_convolution_scratch(&it)))
            defer { scratch.deallocate() }
            it.scratch = scratch
            var packed = [Float](repeating: 0, count: packing ? Int(ck_packed_weights(&it)) : 0)
            packed.withUnsafeMutableBufferPointer { packed in
              if packing {
                it.packed = packed.baseAddress
                ck_pack_weights(&it)
                // What is laid out is all that is read.
                for index in weights.indices { weights[index] = .nan }
              }
              ck_run_convolution(&it)
            }
          }
        }
      }
    }
  }

  /// What the sum over all pairs of pixels that meet gives, in double precision.
  private static func expected(_ shape: Case, _ kind: Int, _ numbers: Numbers) -> [Double] {
    let images = shape.images
    let (largeHeight, largeWidth) = (shape.largeHeight, shape.largeWidth)
    let areas = (small: shape.height * shape.width, large: largeHeight * largeWidth)
    let made = [
      CK_SMALL_FROM_LARGE: numbers.small.count, CK_LARGE_FROM_SMALL: numbers.large.count,
      CK_WEIGHTS_GRADIENT: numbers.weights.count,
    ]
    var result = [Double](repeating: 0, count: made[kind]!)
    let area = kind == CK_SMALL_FROM_LARGE ? areas.small : areas.large
    if kind != CK_WEIGHTS_GRADIENT {
      for index in result.indices { result[index] = Double(numbers.bias[index / (area * images)]) }
    }
    for s in 0..<shape.small {
      for l in 0..<shape.large {
        for y in 0..<shape.height {
          for x in 0..<shape.width {
            for ky in 0..<shape.kernel.0 {
              for kx in 0..<shape.kernel.1 {
                let largeY = y * shape.stride.0 + ky - shape.padding.0
                let largeX = x * shape.stride.1 + kx - shape.padding.1
                guard (0..<largeHeight).contains(largeY), (0..<largeWidth).contains(largeX) else { continue }
                let weight = ((s * shape.large + l) * shape.kernel.0 + ky) * shape.kernel.1 + kx
                let small = (s * areas.small + y * shape.width + x) * images
                let large = (l * areas.large + largeY * largeWidth + largeX) * images
                for n in 0..<images {
                  switch kind {
                  case CK_SMALL_FROM_LARGE:
                    result[small + n] += Double(numbers.weights[weight]) * Double(numbers.large[large + n])
                  case CK_LARGE_FROM_SMALL:
                    result[large + n] += Double(numbers.weights[weight]) * Double(numbers.small[small + n])
                  default:
                    result[weight] += Double(numbers.small[small + n]) * Double(numbers.large[large + n])
                  }
                }
              }
            }
          }
        }
      }
    }
    return result
  }

  @Test(arguments: cases, ["avx512", "avx2", "portable"])
  func convolutionsAreSums(_ shape: Case, _ set: String) {
    let own = ck_instruction_set()
    guard ck_use_instruction_set(set) else { return }
    defer { _ = ck_use_instruction_set(own) }
    for kind in [CK_SMALL_FROM_LARGE, CK_LARGE_FROM_SMALL, CK_WEIGHTS_GRADIENT] {
      var numbers = Numbers(shape)
      let expected = Self.expected(shape, kind, numbers)
      Self.run(shape, kind, &numbers)
      let found = numbers.made(kind)
      if kind != CK_WEIGHTS_GRADIENT {
        var again = Numbers(shape)
        Self.run(shape, kind, packing: true, &again)
        #expect(
          again.made(kind).map(\.bitPattern) == found.map(\.bitPattern), "kind \(kind), weights laid out")
      }
      let worst = zip(found, expected).map { $0.isNaN ? .infinity : abs(Double($0) - $1) }.max() ?? .infinity
      // Sums of up to some thousand products of numbers up to 1, rounded in single precision.
      #expect(worst < 1e-6 * Double(shape.images * 64).squareRoot(), "kind \(kind): \(worst)")
    }
  }
}
