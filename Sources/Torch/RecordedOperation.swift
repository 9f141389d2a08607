import CTorch

/// One recorded call, to be run again on other memory.
package final class RecordedOperation {
  private let handle: OpaquePointer

  /// The call on memory that the caller keeps.
  ///
  /// - Parameter arguments: for each tensor among the arguments, in order and lists flattened, the address of
  ///   its storage's first byte; the recorded offset is added. Tensors that are missing are skipped.
  /// - Parameter results: likewise for each tensor among the results; nil where nothing is to be stored, as
  ///   for a result that is a written argument.
  package init(
    _ recording: Recording, call: Int, arguments: [UnsafeMutableRawPointer],
    results: [UnsafeMutableRawPointer?], file: StaticString = #fileID, line: UInt = #line
  ) {
    var slot: OpaquePointer?
    let given: [UnsafeMutableRawPointer?] = arguments
    require(file: file, line: line) {
      ct_operation_new(
        &slot, recording.owner.handle, Int64(call), given, Int64(given.count), results, Int64(results.count),
        $0)
    }
    handle = slot!
  }

  deinit { ct_operation_free(handle) }

  /// Computes, below autograd and unrecorded, and stores each result in its place.
  package func run(file: StaticString = #fileID, line: UInt = #line) {
    require(file: file, line: line) { ct_operation_run(handle, $0) }
  }
}
