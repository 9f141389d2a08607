import Testing
import Torch

/// A generator that replays gives the recorded draws, says when it cannot, and changes no other kind of draw.
@Suite struct GeneratorReplayTests {
  private let first = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
  private let second = Tensor([7, 8] as [Double], shape: [2])

  @Test func givesTheRecordedDrawsInOrder() {
    let generator = Generator(replaying: [first, second])
    #expect(identical(.standardNormal([2, 3], using: generator), first))
    #expect(identical(.standardNormal([2], using: generator, type: .float64), second))
    #expect(generator.replayProblem == nil)
  }

  @Test func whatIsRecordedIsReplayed() {
    let recording = Generator(seed: 11)
    let draws = (1...4).map { Tensor.standardNormal([$0, 5], using: recording) }
    let replay = Generator(replaying: draws)
    for draw in draws { #expect(identical(.standardNormal(draw.shape, using: replay), draw)) }
    #expect(replay.replayProblem == nil)
  }

  @Test func saysWhatDoesNotFit() {
    let cases: [(Shape, ElementType, String)] = [
      ([3, 2], .float32, "shape [3, 2]"), ([6], .float32, "shape [2, 3]"), ([2, 3], .float64, "float64"),
    ]
    for (shape, type, part) in cases {
      let generator = Generator(replaying: [first])
      #expect(identical(.standardNormal(shape, using: generator, type: type), .zeros(shape, type: type)))
      #expect(generator.replayProblem?.contains(part) == true)
    }
  }

  @Test func saysWhenNoneIsLeftAndKeepsTheFirstReason() {
    let generator = Generator(replaying: [first])
    _ = Tensor.standardNormal([2, 3], using: generator)
    #expect(generator.replayProblem == nil)
    #expect(identical(.standardNormal([4], using: generator), .zeros([4])))
    let problem = generator.replayProblem
    #expect(problem?.contains("none is left") == true)
    _ = Tensor.standardNormal([9], using: generator)
    #expect(generator.replayProblem == problem)
  }

  @Test func otherDrawsComeFromTheSeed() {
    let (replay, plain) = (Generator(replaying: [first], seed: 4), Generator(seed: 4))
    _ = Tensor.standardNormal([2, 3], using: replay)
    #expect(identical(.uniform([7], using: replay), .uniform([7], using: plain)))
    #expect(identical(.randomPermutation(9, using: replay), .randomPermutation(9, using: plain)))
  }

  @Test func othersReplayNothing() {
    let generator = Generator(seed: 4)
    _ = Tensor.standardNormal([3], using: generator)
    #expect(generator.replayProblem == nil)
  }
}
