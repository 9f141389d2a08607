import CTorch

/// A stream of random numbers with a seed and a state of its own. Every random draw names one.
///
/// The numbers are libtorch's, so a seed gives those that `torch.Generator().manual_seed(seed)` gives.
public final class Generator {
  let handle: OpaquePointer
  /// The device whose tensors this generator fills.
  public let device: Device

  /// A generator that starts from `seed`.
  public init(seed: UInt64, device: Device = .cpu, file: StaticString = #fileID, line: UInt = #line) {
    var slot: OpaquePointer?
    require(file: file, line: line) { ct_generator_new(&slot, seed, device.code, $0) }
    handle = slot!
    self.device = device
  }

  deinit { ct_generator_free(handle) }

  /// The whole state, as bytes that `restore(_:)` takes.
  public var state: [UInt8] {
    Tensor.make { ct_generator_state($0, handle, $1) }.values(as: UInt8.self)
  }

  /// Goes back to a state taken from a generator of the same device.
  ///
  /// - Throws: `TorchError` when the bytes are not a generator's state.
  public func restore(_ state: [UInt8]) throws(TorchError) {
    let bytes = Tensor(state, shape: [state.count])
    try attempt("generator state") { ct_generator_set_state(handle, bytes.handle, $0) }
  }
}
