import Testing
import Torch

/// Recorded calls, run again on other memory and other inputs, give what libtorch gives there, bit for bit.
@Suite struct RecordingReplayTests {
  /// Records `step` on one set of inputs, replays it on another and compares each tensor it gives.
  private func expectReplay(
    _ shapes: [Shape], drawing generator: Generator? = nil, location: SourceLocation = #_sourceLocation,
    _ step: ([Tensor]) -> [Tensor]
  ) throws {
    func inputs(_ seed: UInt64) -> [Tensor] {
      let source = Generator(seed: seed)
      return shapes.map { Parameter(.standardNormal($0, using: source)).tensor }
    }
    let (first, second) = (inputs(1), inputs(2))
    let (results, recording) = Recording.record { step(first) }
    let replay = RecordingReplay(recording, replacing: Array(zip(first, second)))
    let state = generator?.state
    let expected = step(second)
    #expect(!expected.isEmpty, sourceLocation: location)
    // Twice: a run leaves nothing behind that the next one sees.
    for _ in 0..<2 {
      if let generator, let state { try generator.restore(state) }
      replay.run()
      for (recorded, eager) in zip(results, expected) {
        let eagerBits = eager.values(as: Float.self).map(\.bitPattern)
        #expect(replay.bits(of: recorded) == eagerBits, sourceLocation: location)
      }
    }
  }

  @Test func aPerceptronsTwoLossesAndTheirGradients() throws {
    try expectReplay([[32, 6], [16, 6], [16], [1, 16], [1]]) { inputs in
      let (x, w1, b1, w2, b2) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4])
      let hidden = x.linear(weight: w1, bias: b1).sigmoid()
      let score = hidden.linear(weight: w2, bias: b2)
      let (first, second) = ((-score).softplus().mean() * 0.5, score.softplus().mean() + hidden.mean())
      let ofFirst = gradient(of: first, withRespectTo: [w1, b1, x], keepingGraph: true)
      let ofSecond = gradient(of: second, withRespectTo: [w2, b2, w1])
      return [first, second] + (ofFirst + ofSecond).compactMap { $0 }
    }
  }

  @Test func crossEntropy() throws {
    try expectReplay([[8, 5], [8, 5]]) { inputs in
      let target = inputs[1].detached().sigmoid()
      let mean = target.binaryCrossEntropy(withLogits: inputs[0]).mean()
      let loss = mean + target.totalBinaryCrossEntropy(withLogits: inputs[0]) * 0.25
      return [loss] + gradient(of: loss, withRespectTo: [inputs[0]]).compactMap { $0 }
    }
  }

  @Test func writingInPlaceAndIntoViews() throws {
    try expectReplay([[4, 6], [4, 3]]) { inputs in
      let (a, b) = (inputs[0].detached(), inputs[1].detached())
      let y = a * 2
      y.add(inPlace: a, scale: 0.5)
      y.narrowed(1, from: 2, length: 3).copy(from: b)
      y.selected(0, at: 1).multiply(inPlace: 3)
      return [y, y.transposed().contiguous(), y.transposed()]
    }
  }

  @Test func listsIndicesAndSlices() throws {
    let rows = Tensor([3, 0, 3] as [Int64], shape: [3])
    try expectReplay([[4, 6], [4, 2]]) { inputs in
      let joined = Tensor.concatenate([inputs[0], inputs[1], inputs[0]], over: 1)
      let chosen = joined.gathered(rows)
      let stacked = Tensor.stack([chosen, chosen.exp()], over: 0)
      let loss = stacked.narrowed(2, from: 1, length: 9).squared().sum()
      return [joined, stacked] + gradient(of: loss, withRespectTo: inputs).compactMap { $0 }
    }
  }

  @Test func drawsComeFromTheRecordedGenerator() throws {
    let generator = Generator(seed: 9)
    try expectReplay([[3, 4]], drawing: generator) { inputs in
      let noise = Tensor.zeros([3, 4])
      noise.fillNormal(mean: 1, deviation: 2, using: generator)
      return [noise, inputs[0] + Tensor.standardNormal([3, 4], using: generator)]
    }
  }

  @Test func convolutionsAndTheirGradients() throws {
    try expectReplay([[2, 3, 9, 9], [4, 3, 3, 3], [4], [4, 2, 3, 3], [2]]) { inputs in
      let down = inputs[0].convolution(weight: inputs[1], bias: inputs[2], stride: 2, padding: 1).relu()
      let up = down.transposedConvolution(
        weight: inputs[3], bias: inputs[4], stride: 2, padding: 1, outputPadding: 1)
      return [up] + gradient(of: up.squared().mean(), withRespectTo: inputs).compactMap { $0 }
    }
  }

  @Test func numbersThatBecameTensorsKeepTheirWeight() throws {
    // A float64 number beside a float32 scalar gives float32.
    try expectReplay([[]]) { inputs in
      let y = inputs[0].squared().log1p()
      return [y] + gradient(of: y, withRespectTo: inputs).compactMap { $0 }
    }
  }

  @Test func aResultMayBeStoredWhereAnArgumentStands() throws {
    let generator = Generator(seed: 4)
    let (a, b) = (
      Tensor.standardNormal([5, 5], using: generator), Tensor.standardNormal([5, 5], using: generator)
    )
    let (product, recording) = Recording.record { a.matmul(b) }
    let memory = recording.address(ofStorage: try #require(recording.value(of: a)).storage)
    let other = recording.address(ofStorage: try #require(recording.value(of: b)).storage)
    let expected = product.values(as: Float.self)
    RecordedOperation(recording, call: 0, arguments: [memory, other], results: [memory]).run()
    #expect(a.values(as: Float.self) == expected)
  }

  @Test func addressesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      let x = Tensor.zeros([2])
      let (_, recording) = Recording.record { x + x }
      _ = RecordedOperation(
        recording, call: 0, arguments: [recording.address(ofStorage: 0)], results: [nil])
    }
  }
}
