import Torch

/// The plainest replay of a recording: every storage that is not an input gets memory of its own, full of what
/// is no number, and the calls run in their order.
final class RecordingReplay {
  private let recording: Recording
  private let memory: [UnsafeMutableRawPointer]
  private let operations: [RecordedOperation]

  /// A replay on other inputs: the elements of each pair's second tensor stand where those of its first did.
  init(_ recording: Recording, replacing inputs: [(Tensor, Tensor)]) {
    self.recording = recording
    let memory = recording.storages.indices.map { index in
      let storage = recording.storages[index]
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(64, storage.byteCount), alignment: 64)
      if storage.origin == .result {
        bytes.initializeMemory(as: UInt8.self, repeating: 0xff, count: storage.byteCount)
      } else {
        bytes.copyMemory(from: recording.address(ofStorage: index), byteCount: storage.byteCount)
      }
      return bytes
    }
    for (recorded, other) in inputs {
      guard let value = recording.value(of: recorded) else { continue }
      precondition(value.offset == 0 && value.shape == other.shape && value.type == other.elementType)
      other.copyBytes(
        to: UnsafeMutableRawBufferPointer(
          start: memory[value.storage], count: other.count * value.type.byteCount))
    }
    operations = recording.calls.indices.filter { !recording.calls[$0].isView }.map { index in
      let call = recording.calls[index]
      let written = call.written.flatMap { call.arguments[$0].places }.map(\.storage)
      return RecordedOperation(
        recording, call: index, arguments: call.arguments.flatMap(\.places).map { memory[$0.storage] },
        results: call.results.compactMap { $0 }.map {
          written.contains($0.storage) ? nil : memory[$0.storage]
        })
    }
    self.memory = memory
  }

  deinit { for bytes in memory { bytes.deallocate() } }

  func run() { for operation in operations { operation.run() } }

  /// The bits of what stands, after a run, where a recorded tensor's elements stood, in row-major order.
  func bits(of tensor: Tensor) -> [UInt32]? {
    guard let value = recording.value(of: tensor), value.type == .float32 else { return nil }
    var places = [value.offset]
    for (length, stride) in zip(value.shape, value.strides) {
      places = places.flatMap { place in (0..<length).map { place + $0 * stride } }
    }
    return places.map { memory[value.storage].load(fromByteOffset: 4 * $0, as: UInt32.self) }
  }
}

extension Recording.Argument {
  /// The tensors of the argument.
  var places: [Recording.Value] {
    switch self {
    case .tensor(let value): [value]
    case .tensors(let values): values.compactMap { $0 }
    default: []
    }
  }
}
