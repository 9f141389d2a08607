import Testing
import Torch

@Suite struct GradientTests {
  static func leaf(_ values: [Float]) -> Tensor { Parameter(Tensor(values, shape: [values.count])).tensor }

  @Test func anUnusedInputHasNone() throws {
    let (used, unused) = (Self.leaf([1, 2]), Self.leaf([3]))
    let slopes = gradient(of: used.squared().sum(), withRespectTo: [unused, used])
    #expect(slopes.count == 2)
    #expect(slopes[0] == nil)
    #expect(numbers(try #require(slopes[1])) == [2, 4])
  }

  @Test func withoutGradientsRecordsNothing() throws {
    let x = Self.leaf([1])
    let silent = withoutGradients { x * 2 }
    #expect(!silent.requiresGradient)
    #expect((x * 2).requiresGradient)
    #expect(!x.detached().requiresGradient)
  }

  @Test func withoutGradientsEndsWithAnError() {
    struct Failure: Error {}
    let x = Self.leaf([1])
    #expect(throws: Failure.self) { try withoutGradients { throw Failure() } }
    #expect((x * 2).requiresGradient)
    withoutGradients {
      withoutGradients {}
      #expect(!(x * 2).requiresGradient)
    }
  }

  @Test func twoLossesShareOneForwardPass() throws {
    let (a, b) = (Self.leaf([2]), Self.leaf([3]))
    let shared = (a * b).exp().log()
    let (first, second) = (shared.squared().sum(), (shared * 5).sum())
    let ofFirst = gradient(of: first, withRespectTo: [a], keepingGraph: true)
    let ofSecond = gradient(of: second, withRespectTo: [b])
    expectClose(try #require(ofFirst[0]), Tensor([36] as [Float], shape: [1]))
    expectClose(try #require(ofSecond[0]), Tensor([10] as [Float], shape: [1]))
  }

  @Test func aGradientCanBeDifferentiated() throws {
    let x = Self.leaf([3])
    let slope = try #require(gradient(of: x.power(3).sum(), withRespectTo: [x], differentiable: true)[0])
    let curvature = try #require(gradient(of: slope.sum(), withRespectTo: [x])[0])
    expectClose(slope, Tensor([27] as [Float], shape: [1]))
    expectClose(curvature, Tensor([18] as [Float], shape: [1]))
  }

  @Test func clippingTakesGradientsThatShareTheirElements() throws {
    // libtorch gives a sum's two terms one gradient, and a total's gradient one element for all places.
    let (a, b, c) = (Self.leaf([3]), Self.leaf([4]), Self.leaf([1, 1]))
    let slopes = gradient(of: (a + b).sum() * 2 + c.sum(), withRespectTo: [a, b, c])
    // The norm of (2, 2, 1, 1) is the root of 10.
    let norm = clipGradients(slopes, toNorm: 1)
    expectClose(norm, Tensor(10.0.squareRoot()))
    for (slope, expected) in zip(slopes, [2.0, 2, 1]) {
      for value in numbers(try #require(slope)) { #expect(abs(value - expected / 10.0.squareRoot()) < 1e-5) }
    }
  }

  @Test func clippingLeavesSmallGradientsAlone() {
    let slope = Tensor([0.3, 0.4] as [Float], shape: [2])
    #expect(abs(clipGradients([nil, slope], toNorm: 1).item() - 0.5) < 1e-6)
    #expect(slope.values(as: Float.self) == [0.3, 0.4])
    #expect(clipGradients([nil], toNorm: 1).item() == 0)
  }
}
