import CTorch

/// What a device is asked for, recorded once and then asked for at once: a CUDA graph. A replay launches everything by
/// one call, and the host does no more of it.
///
/// All that it reads and writes stays where it was: what a replay is to work on is written over the tensors that were
/// there before. Nothing of it may read memory of the host, or be read there, before the replay.
package final class DeviceGraph {
  private let handle: OpaquePointer
  /// What the graph works on, and its generator.
  private let kept: Any

  /// Whether libtorch has graphs on this device.
  package static func isAvailable(on device: Device) -> Bool { ct_graph_available(device.code) }

  /// Records what `body` asks for, which is not done yet.
  ///
  /// - Parameters:
  ///   - generator: the only one that `body` draws from, whose device it is. It is afterwards where it was, and each
  ///     replay goes on from where it is then.
  ///   - body: gives what is to be kept with the graph.
  package init<Kept>(
    using generator: Generator, file: StaticString = #fileID, line: UInt = #line, recording body: () -> Kept
  ) {
    var slot: OpaquePointer?
    require(file: file, line: line) { ct_graph_begin(&slot, generator.handle, $0) }
    handle = slot!
    kept = (body(), generator)
    require(file: file, line: line) { [handle] in ct_graph_end(handle, generator.handle, $0) }
  }

  /// Does it all; returns once the device has been told.
  package func replay() {
    require(file: #fileID, line: #line) { ct_graph_replay(handle, $0) }
  }

  deinit { ct_graph_free(handle) }
}
