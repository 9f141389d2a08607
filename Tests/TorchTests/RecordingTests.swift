import Testing
import Torch

/// What is recorded: names, places, origins, and when.
@Suite struct RecordingTests {
  typealias Value = Recording.Value

  private func tensor(_ shape: Shape, seed: UInt64 = 1) -> Tensor {
    .standardNormal(shape, using: Generator(seed: seed))
  }

  @Test func aCallHasItsNameItsArgumentsAndItsPlaces() throws {
    let (a, b) = (tensor([4, 6]), tensor([4, 3]))
    let (sum, recording) = Recording.record {
      (a.narrowed(1, from: 3, length: 3) + b).sum(over: [-1], keeping: true)
    }
    #expect(
      recording.calls.map(\.name) == ["aten::slice.Tensor", "aten::add.Tensor", "aten::sum.dim_IntList"])
    #expect(recording.calls.map(\.isView) == [true, false, false])
    #expect(recording.calls.map(\.written) == [[], [], []])
    #expect(recording.storages.map(\.origin) == [.input, .input, .result, .result])
    #expect(recording.storages.map(\.byteCount) == [96, 48, 48, 16])

    let whole = Value(storage: 0, offset: 0, shape: [4, 6], strides: [6, 1], type: .float32)
    let half = Value(storage: 0, offset: 3, shape: [4, 3], strides: [6, 1], type: .float32)
    let other = Value(storage: 1, offset: 0, shape: [4, 3], strides: [3, 1], type: .float32)
    let added = Value(storage: 2, offset: 0, shape: [4, 3], strides: [3, 1], type: .float32)
    let total = Value(storage: 3, offset: 0, shape: [4, 1], strides: [1, 1], type: .float32)
    #expect(recording.calls[0].arguments == [.tensor(whole), .int(1), .int(3), .int(6), .int(1)])
    #expect(recording.calls[0].results == [half])
    #expect(recording.calls[1].arguments == [.tensor(half), .tensor(other), .int(1)])
    #expect(recording.calls[2].arguments == [.tensor(added), .ints([-1]), .bool(true), .none])
    #expect(recording.calls[2].results == [total])

    #expect(recording.value(of: sum) == total)
    #expect(recording.value(of: a) == whole)
    #expect(
      recording.value(of: a.transposed())
        == Value(
          storage: 0, offset: 0, shape: [6, 4], strides: [1, 6], type: .float32))
    #expect(recording.value(of: tensor([2])) == nil)
    #expect(recording.address(ofStorage: 0).load(as: Float.self) == a.values(as: Float.self)[0])
  }

  @Test func numbersTypesAndGeneratorsAreTold() {
    let (x, generator) = (tensor([2]), Generator(seed: 3))
    let (_, recording) = Recording.record {
      x.fillNormal(mean: 0.5, deviation: 2, using: generator)
      _ = x.converted(to: .float64)
    }
    let value = Value(storage: 0, offset: 0, shape: [2], strides: [1], type: .float32)
    #expect(recording.calls.map(\.name) == ["aten::normal_", "aten::_to_copy"])
    #expect(recording.calls[0].arguments == [.tensor(value), .double(0.5), .double(2), .other("generator")])
    #expect(recording.calls[0].written == [0])
    #expect(recording.calls[0].results == [value])
    #expect(recording.calls[1].arguments[1] == .other("Double"))
    #expect(recording.calls[1].results.first??.type == .float64)
    #expect(recording.storages.map(\.origin) == [.written, .result])
  }

  @Test func aStorageThatACallReadsAndWritesIsAnInput() {
    let x = tensor([4])
    let (_, recording) = Recording.record {
      x.narrowed(0, from: 0, length: 2).copy(from: x.narrowed(0, from: 2, length: 2))
    }
    #expect(recording.calls.last?.written == [0])
    #expect(recording.storages.map(\.origin) == [.input])
  }

  @Test func theBackwardPassIsRecordedAndCalledFromTheSameCount() {
    let x = Parameter(tensor([3, 2])).tensor
    var (before, forward) = (-1, -1)
    let (_, recording) = Recording.record {
      before = Recording.count
      let y = x.sigmoid().sum()
      forward = Recording.count
      _ = gradient(of: y, withRespectTo: [x])
    }
    #expect(before == 0)
    #expect(recording.calls[..<forward].map(\.name) == ["aten::sigmoid", "aten::sum"])
    #expect(recording.calls[forward...].contains { $0.name == "aten::sigmoid_backward" })
    #expect(Recording.count == 0)
  }

  @Test func recordingIsOffAfterwardsAndAfterAnError() {
    struct Failure: Error {}
    let x = tensor([3])
    let (_, first) = Recording.record { x.exp() }
    _ = x.exp()
    #expect(first.calls.count == 1)
    #expect(throws: Failure.self) {
      try Recording.record {
        _ = x.exp()
        throw Failure()
      }
    }
    #expect(Recording.count == 0)
    let (_, second) = Recording.record { (x * 2).exp() }
    #expect(second.calls.map(\.name) == ["aten::mul.Scalar", "aten::exp"])
  }

  @Test func gradientsAreNotCopiedForBeingRecorded() {
    let x = Parameter(tensor([3, 2])).tensor
    let (_, recording) = Recording.record { gradient(of: x.squared().sum(), withRespectTo: [x]) }
    #expect(!recording.calls.contains { $0.name == "aten::clone" })
  }

  @Test func memoryStaysWhereItWas() {
    let x = tensor([1000])
    let (_, recording) = Recording.record {
      // Each product is freed before the next is computed.
      for _ in 0..<4 { _ = x * 2 }
    }
    let addresses = recording.storages.indices.map { recording.address(ofStorage: $0) }
    #expect(recording.storages.count == 5)
    #expect(Set(addresses).count == 5)
    let doubled = 2 * x.values(as: Float.self)[0]
    for address in addresses.dropFirst() { #expect(address.load(as: Float.self) == doubled) }
  }

  @Test func aRecordingLeaksNoTensorAndDoesNotNest() async {
    await #expect(processExitsWith: .success) {
      let x = Parameter(Tensor([1, 2, 3] as [Float], shape: [3])).tensor
      let before = Engine.liveTensorCount
      for _ in 0..<3 {
        let (_, recording) = Recording.record { gradient(of: x.exp().sum(), withRespectTo: [x]) }
        let replay = RecordingReplay(recording, replacing: [])
        replay.run()
      }
      precondition(Engine.liveTensorCount == before)
    }
    await #expect(processExitsWith: .failure) {
      _ = Recording.record { Recording.record { Tensor.zeros([1]) } }
    }
  }
}
