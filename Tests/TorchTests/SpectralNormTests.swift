import Testing
import Torch

/// A layer with spectral normalisation, its norm found by many iterations.
private func layer(_ inputs: Int, _ outputs: Int, weight: Tensor? = nil, iterations: Int = 200) -> Linear {
  let layer = Linear(
    inputs: inputs, outputs: outputs, initialiser: .glorotUniform, spectralNorm: true,
    using: Generator(seed: 3))
  if let weight { layer.weight.tensor.copy(from: weight) }
  for _ in 0..<iterations { layer.spectralNorm?.follow() }
  return layer
}

/// The orthogonal matrix I - 2 a a^T / |a|^2.
private func reflection(_ a: [Float]) -> Tensor {
  let column = Tensor(a, shape: [a.count, 1])
  let square = Double(a.reduce(0) { $0 + $1 * $1 })
  return Tensor.identity(a.count) - column.matmul(column.transposed()) * (2 / square)
}

@Suite struct SpectralNormTests {
  private let left = reflection([1, -2, 0.5, 3])
  private let right = reflection([2, 1, -1])

  /// Left and right singular vectors are the columns of two reflections; singular values 3, 2 and 0.5.
  private var known: Tensor {
    let values = Tensor([3, 2, 0.5] as [Float], shape: [3]).diagonalEmbedded()
    return left.narrowed(1, from: 0, length: 3).matmul(values).matmul(right.transposed())
  }

  @Test func sigmaIsTheLargestSingularValue() throws {
    let norm = try #require(layer(3, 4, weight: known).spectralNorm)
    #expect(abs(norm.sigma.item() - 3) < 1e-5)
    // From few iterations it is too small, never too large.
    let early = try #require(layer(3, 4, weight: known, iterations: 1).spectralNorm)
    #expect(early.sigma.item() < 3 + 1e-5)
  }

  /// d sigma / d W = u v^T, of the singular vectors of the largest value.
  @Test func theGradientOfSigmaIsTheProductOfItsSingularVectors() throws {
    let layer = layer(3, 4, weight: known)
    let norm = try #require(layer.spectralNorm)
    let slope = try #require(gradient(of: norm.sigma, withRespectTo: [layer.weight.tensor])[0])
    let expected = left.narrowed(1, from: 0, length: 1).matmul(
      right.narrowed(1, from: 0, length: 1).transposed())
    #expect((slope - expected).abs().max().item() < 1e-4)
  }

  @Test(arguments: [(20, 30), (30, 20), (7, 1)]) func theLayerChangesNoFasterThanItsInput(
    _ inputs: Int, _ outputs: Int
  ) {
    let layer = layer(inputs, outputs)
    layer.weight.tensor.multiply(inPlace: 40)
    let generator = Generator(seed: 1)
    let (x, y) = (
      Tensor.standardNormal([500, inputs], using: generator),
      Tensor.standardNormal([500, inputs], using: generator)
    )
    func lengths(_ z: Tensor) -> Tensor { z.squared().sum(over: [1]).sqrt() }
    let ratios = withoutGradients { lengths(layer(x) - layer(y)) / lengths(x - y) }
    #expect(ratios.max().item() <= 1 + 1e-3)
    // The bound is reached, along the first singular vector.
    let v = withoutGradients { layer.spectralNorm!.normalised.transposed().matmul(layer.buffers.tensors[0]) }
    let along = withoutGradients { layer(v.unsqueezed(0) * 5) - layer(v.unsqueezed(0) * 4) }
    #expect(abs(lengths(along).item() - 1) < 1e-3)
  }

  /// One iteration an update keeps up with a weight that moves a little each time.
  @Test func oneIterationFollowsAWeightThatMoves() throws {
    let layer = layer(3, 4, weight: known)
    let end = known + reflection([1, 1, 1, -1]).narrowed(1, from: 0, length: 3) * 4
    for part in 1...200 {
      layer.weight.tensor.copy(from: known + (end - known) * (Double(part) / 200))
      layer.spectralNorm?.follow()
    }
    let kept = try #require(layer.spectralNorm).sigma.item()
    for _ in 0..<300 { layer.spectralNorm?.follow() }
    let exact = try #require(layer.spectralNorm).sigma.item()
    #expect(exact > 4 && abs(kept - exact) < 0.01 * exact, "\(kept) \(exact)")
  }

  @Test func theDirectionIsABufferAndNoParameter() {
    let normalised = layer(3, 4)
    let plain = Linear(inputs: 3, outputs: 4, initialiser: .glorotUniform, using: Generator(seed: 3))
    #expect(normalised.parameters.names == plain.parameters.names)
    #expect(normalised.parameters.count == plain.parameters.count)
    #expect(normalised.buffers.names == ["spectralNorm.direction"] && plain.buffers.isEmpty)
    #expect(!normalised.buffers.tensors[0].requiresGradient)
    #expect(normalised.followers.count == 1 && plain.followers.isEmpty)
    // The weights are drawn before the direction: they are those of a layer without.
    #expect(numbers(normalised.weight.tensor) == numbers(plain.weight.tensor))
  }

  @Test func outputsDoNotMoveTheDirection() {
    let layer = layer(3, 4)
    let before = numbers(layer.buffers.tensors[0])
    for _ in 0..<3 { _ = layer(Tensor.ones([2, 3])) }
    #expect(numbers(layer.buffers.tensors[0]) == before)
  }

  @Test func aWeightOfZerosStaysOne() {
    let layer = layer(3, 4, weight: Tensor.zeros([4, 3]))
    #expect(numbers(layer(Tensor.ones([1, 3]))) == [0, 0, 0, 0])
    let slope = gradient(of: layer(Tensor.ones([1, 3])).sum(), withRespectTo: [layer.weight.tensor])[0]
    #expect(slope.map { numbers($0).allSatisfy(\.isFinite) } == true)
  }
}
