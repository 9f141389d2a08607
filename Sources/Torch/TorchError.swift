import CTorch

/// What libtorch said when an operation could not be done.
public struct TorchError: DiagnosedError {
  /// Whether memory ran out, on the CPU or on a GPU.
  public let isOutOfMemory: Bool
  /// What is wrong.
  public let problem: String
  /// Where it is wrong.
  public let location: String
  /// What to do about it.
  public var remedy: String {
    isOutOfMemory ? "use a smaller batch or model" : ""
  }
}

/// A slot in which the shim leaves its error.
typealias ErrorSlot = UnsafeMutablePointer<OpaquePointer?>
/// A slot in which the shim leaves a tensor.
typealias TensorSlot = UnsafeMutablePointer<OpaquePointer?>

/// Runs a call of the shim; throws its error.
@inline(__always)
func attempt(_ location: String, _ call: (ErrorSlot) -> Int32) throws(TorchError) {
  var slot: OpaquePointer?
  if call(&slot) != CT_OK { throw takeError(slot, at: location) }
}

/// Runs a call of the shim whose failure is a mistake in the calling code, such as shapes that do not fit:
/// traps with libtorch's message and the call site. Memory that ran out is nobody's mistake: one line on
/// standard error and exit status 1.
@inline(__always)
func require(file: StaticString, line: UInt, _ call: (ErrorSlot) -> Int32) {
  var slot: OpaquePointer?
  if call(&slot) != CT_OK { fail(takeError(slot, at: "libtorch"), file: file, line: line) }
}

@inline(never)
private func takeError(_ slot: OpaquePointer?, at location: String) -> TorchError {
  guard let slot else { return TorchError(isOutOfMemory: true, problem: "out of memory", location: location) }
  defer { ct_error_free(slot) }
  // libtorch adds its own source position and advice for its developers on further lines.
  let text = String(cString: ct_error_message(slot))
  let first = text.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "unknown error"
  let memory = ct_error_code(slot) == Int32(CT_OUT_OF_MEMORY)
  return TorchError(isOutOfMemory: memory, problem: memory ? shortage(first) : first, location: location)
}

/// What libtorch's allocators say, without the names of their source files.
private func shortage(_ message: String) -> String {
  if let bytes = message.firstMatch(of: /allocate ([0-9]+) bytes/)?.1 {
    return "out of memory: there are no \(bytes) bytes for one tensor"
  }
  if let sizes = message.firstMatch(of: /sizes=(\[[0-9, ]*\])/)?.1 {
    return "out of memory: no memory holds a tensor of shape \(sizes)"
  }
  return message.hasPrefix("out of memory") ? message : "out of memory: " + message
}

@inline(never)
private func fail(_ error: TorchError, file: StaticString, line: UInt) -> Never {
  guard error.isOutOfMemory else { fatalError(error.problem, file: file, line: line) }
  exitWithError(error)
}
