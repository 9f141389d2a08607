import CKernels
import Torch

/// The copies in bf16 of parameters that a step keeps from one run to the next.
final class RoundedParameters {
  private struct Entry {
    let value: Tensor
    let copy: UnsafeMutablePointer<UInt16>
    /// What the parameter's count of changes was when the copy was good; nil at first.
    var changes: Int?
  }
  private var entries: [Entry] = []

  /// - Parameter copy: where it lies, row by row.
  func add(_ value: Tensor, at copy: UnsafeMutablePointer<UInt16>) {
    entries.append(Entry(value: value, copy: copy, changes: nil))
  }

  /// Rounds parameters that something else than the step has changed since its last run.
  func refresh() {
    for index in entries.indices where entries[index].changes != entries[index].value.changes {
      let entry = entries[index]
      ck_round(entry.copy, entry.value.floatMemory, Int64(entry.value.count))
    }
  }

  /// Takes note that the step has moved parameters and copies alike.
  func remember() {
    for index in entries.indices { entries[index].changes = entries[index].value.changes }
  }
}
