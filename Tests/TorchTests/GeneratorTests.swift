import Testing
import Torch

@Suite struct GeneratorTests {
  /// Integers and permutations exactly; floating-point draws to the last digits, where kernels of other
  /// instruction sets compute sines and logarithms a little differently.
  @Test(arguments: [0, 1, 42, 1 << 31 + 7, 1 << 40 + 3, 1 << 63 - 1] as [UInt64])
  func drawsPyTorchsStream(seed: UInt64) throws {
    let golden = try Golden.tensors("generators")
    let generator = Generator(seed: seed)
    func expected(_ name: String) throws -> Tensor { try #require(golden["\(seed)/\(name)"]) }
    expectClose(.standardNormal([5], using: generator), try expected("normalShort"))
    expectClose(.standardNormal([3, 13], using: generator), try expected("normal"))
    expectClose(.uniform([4, 5], using: generator), try expected("uniform"), absolute: 0)
    let integers = Tensor.randomIntegers(below: 100, shape: [30], using: generator)
    #expect(identical(integers, try expected("integers")))
    #expect(identical(.randomPermutation(23, using: generator), try expected("permutation")))
    let chances = Tensor([Float](stride(from: 0, through: 1, by: 0.05)), shape: [21])
    #expect(identical(.bernoulli(chances, using: generator), try expected("bernoulli")))
    let weights = Tensor([0.1, 0.2, 0.7] as [Float], shape: [3])
    let categories = Tensor.categorical(weights: weights, count: 25, using: generator)
    #expect(identical(categories, try expected("categorical")))
    expectClose(
      .standardNormal([18], using: generator, type: .float64), try expected("normal64"), absolute: 1e-12)
    let (normal, uniform) = (Tensor.zeros([6]), Tensor.zeros([6]))
    normal.fillNormal(mean: 2, deviation: 3, using: generator)
    uniform.fillUniform(from: -2, to: 5, using: generator)
    expectClose(normal, try expected("filledNormal"))
    expectClose(uniform, try expected("filledUniform"))
  }

  @Test func aSeedGivesOneStream() {
    let (a, b, c) = (Generator(seed: 3), Generator(seed: 3), Generator(seed: 4))
    let (x, y, z) = (draw(a), draw(b), draw(c))
    #expect(x == y)
    #expect(x != z)
    #expect(draw(a) != x)
  }

  @Test func generatorsAreIndependent() {
    let (alone, other) = (Generator(seed: 3), Generator(seed: 3))
    let undisturbed = (0..<4).map { _ in draw(alone) }
    let first = Generator(seed: 3)
    let interleaved = (0..<4).map { _ in
      _ = draw(other)
      return draw(first)
    }
    #expect(interleaved == undisturbed)
  }

  /// An odd number of normal draws, so that a cached second half of a pair would show.
  @Test func goesBackToAState() throws {
    let generator = Generator(seed: 9)
    _ = Tensor.standardNormal([7], using: generator)
    let state = generator.state
    let next = draw(generator)
    let other = Generator(seed: 1)
    try other.restore(state)
    #expect(draw(other) == next)
    try generator.restore(state)
    #expect(draw(generator) == next)
    #expect(generator.state == other.state)
  }

  @Test func refusesWhatIsNoState() {
    let generator = Generator(seed: 9)
    let state = generator.state
    let damaged = [
      [], [1, 2, 3], Array(state.dropLast()), state + [0], [UInt8](repeating: 0xff, count: state.count),
    ]
    for bytes in damaged {
      let error = #expect(throws: TorchError.self) { try generator.restore(bytes) }
      #expect(error?.location == "generator state")
      #expect(error?.isOutOfMemory == false)
      #expect(error?.description.contains("\n") == false)
      #expect(generator.state == state)
    }
  }

  private func draw(_ generator: Generator) -> [Float] {
    Tensor.standardNormal([3], using: generator).values(as: Float.self)
  }
}
