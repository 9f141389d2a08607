import CTorch

/// A stream of random numbers with a seed and a state of its own. Every random draw names one.
///
/// The numbers are libtorch's, so a seed gives those that `torch.Generator().manual_seed(seed)` gives.
public final class Generator {
  let handle: OpaquePointer
  /// The device whose tensors this generator fills.
  public let device: Device
  /// Which part of each draw is this process's; nil where it is alone.
  package var share: Share?

  /// A part of draws that several processes make together: each generates all rows of the batch and takes its own, so
  /// that all have the noise that one process alone would have, and the same state.
  package struct Share {
    let index: Int
    let count: Int
    /// The rows that this process has of the batch at hand: the first dimension of this length is the batch's.
    package var rows = 0

    package init(index: Int, count: Int) {
      self.index = index
      self.count = count
    }
  }

  /// A draw of a shape, of which this process may have a part only. Draws without a batch's dimension are the same
  /// for all.
  func draw(_ shape: Shape, _ make: (Shape) -> Tensor) -> Tensor {
    guard let share, share.rows > 0, let batch = shape.firstIndex(of: share.rows) else { return make(shape) }
    var whole = shape
    whole[batch] *= share.count
    return make(whole).narrowed(batch, from: share.index * share.rows, length: share.rows)
  }

  /// Recorded draws that are still to be given, the next one last; nil where nothing is replayed.
  private var recorded: [Tensor]?
  /// Whether its draws are recorded ones.
  package var isReplaying: Bool { recorded != nil }
  /// Why a draw could not be replayed: the first such draw's reason, or nil where all could.
  public private(set) var replayProblem: String?

  /// A generator that starts from `seed`.
  public init(seed: UInt64, device: Device = .cpu, file: StaticString = #fileID, line: UInt = #line) {
    var slot: OpaquePointer?
    require(file: file, line: line) { ct_generator_new(&slot, seed, device.code, $0) }
    handle = slot!
    self.device = device
  }

  /// A generator whose standard-normal draws are recorded ones, each tensor one draw, in their order: for
  /// exact comparisons with other programs.
  ///
  /// `Tensor.standardNormal` gives them, whatever asks for it: a posterior, a prior, a distribution. Draws of
  /// other kinds come from `seed` as ever. A draw that finds no tensor left, or one of another shape or type,
  /// is zeros, and `replayProblem` says why; look at it once the draws are done.
  public convenience init(
    replaying draws: [Tensor], seed: UInt64 = 0, device: Device = .cpu, file: StaticString = #fileID,
    line: UInt = #line
  ) {
    self.init(seed: seed, device: device, file: file, line: line)
    recorded = draws.reversed()
  }

  /// The recorded draw that comes next, where this generator replays.
  func nextRecorded(_ shape: Shape, _ type: ElementType) -> Tensor? {
    guard recorded != nil else { return nil }
    let next = recorded?.popLast()
    if let next, next.shape == shape, next.elementType == type { return next.moved(to: device) }
    let found = next.map { "the recorded one is of \($0.elementType) and shape \($0.shape)" }
    replayProblem =
      replayProblem ?? "a draw of \(type) and shape \(shape) was asked for, and \(found ?? "none is left")"
    return .zeros(shape, type: type, device: device)
  }

  /// Runs `body`, and puts the stream back to where it was before, recorded draws included. A problem with those
  /// stays known.
  package func rewinding<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = state
    let draws = recorded
    defer {
      do { try restore(start) } catch { preconditionFailure("a generator refused its own state: \(error)") }
      recorded = draws
    }
    return try body()
  }

  /// Becomes what a new generator with this seed is.
  package func restart(seed: UInt64) {
    do { try restore(Generator(seed: seed, device: device).state) } catch {
      preconditionFailure("a generator refused another's state: \(error)")
    }
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
