import ElboData
import Torch

extension Evaluator {
  /// What `body` makes of a data set, by batches of 500 whatever batches anything else takes; the watcher is
  /// told of each.
  func rows(_ dataset: Dataset, _ task: String, _ body: (Batch) -> Tensor) -> Tensor {
    let batches = dataset.batches(of: 500)
    let found = batches.enumerated().map { index, batch in
      let rows = body(batch)
      watch(EvaluationProgress(task: task, done: index + 1, total: batches.count))
      return rows
    }
    return Tensor.concatenate(found, over: 0)
  }

  /// What tells the watcher the share of a task that is done, in hundredths.
  func progress(_ task: String) -> (Double) -> Void {
    { watch(EvaluationProgress(task: task, done: Int($0 * 100), total: 100)) }
  }
}
