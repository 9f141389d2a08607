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

  /// Has the stream of random numbers that the call draws from read and moved on by `body`: its 624 words, how many are
  /// left before new ones are made, and the next.
  package func withStream(
    _ words: UnsafeMutablePointer<UInt32>, file: StaticString = #fileID, line: UInt = #line,
    _ body: (_ left: inout Int32, _ next: inout UInt32) -> Void
  ) {
    var left: Int32 = 0
    var next: UInt32 = 0
    require(file: file, line: line) { ct_operation_stream(handle, words, &left, &next, $0) }
    body(&left, &next)
    require(file: file, line: line) { ct_operation_set_stream(handle, words, left, next, $0) }
  }
}
