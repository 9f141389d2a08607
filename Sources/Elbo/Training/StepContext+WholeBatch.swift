import Capture
import Torch

/// What compares examples with one another sees those of all processes.
extension StepContext {
  /// A scalar that is computed of all processes' rows: the same in each, with gradients whose mean over the processes
  /// is the gradient that one process alone would have.
  ///
  /// - Parameter rows: tensors [n, ...] of this process's examples.
  func overWholeBatch(_ rows: [Tensor], _ compute: ([Tensor]) -> Tensor) -> Tensor {
    let value = compute(rows.map(wholeBatch))
    guard let group else { return value }
    // Each process has the slope along its own rows; all rows' slopes are to be added, not averaged.
    return value + (value - value.detached()) * Double(group.size - 1)
  }

  /// The rows of all processes [processes x n, ...], in the order that they have in one process. Gradients reach this
  /// process's rows.
  func wholeBatch(of rows: Tensor) -> Tensor {
    guard let group else { return rows }
    let (own, count) = (rows.shape, rows.size(0))
    let shape = [group.size * count] + own.dropFirst()
    // Made from data: what an operation gives would be computed anew in each captured step.
    let whole = Tensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape).moved(to: rows.device)
    if let act {
      act(
        CapturedStep.HostAction(reading: [rows]) { addresses in
          { group.gather(Tensor(over: addresses[0], shape: own), into: whole) }
        })
    } else {
      group.gather(rows.detached(), into: whole)
    }
    let start = group.rank * count
    let others = (
      before: whole.narrowed(0, from: 0, length: start),
      after: whole.narrowed(0, from: start + count, length: shape[0] - start - count)
    )
    return .concatenate([others.before, rows, others.after], over: 0)
  }

  /// This process's rows of a tensor that has one for each example of the whole batch.
  func ownRows(of whole: Tensor) -> Tensor {
    guard let group else { return whole }
    let count = whole.size(0) / group.size
    return whole.narrowed(0, from: group.rank * count, length: count)
  }
}
