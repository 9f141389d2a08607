import ElboData
import Torch

extension Evaluator {
  /// What `body` makes of a data set, by batches of 500 whatever batches anything else takes; the watcher is
  /// told of each.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  func rows(_ dataset: Dataset, _ task: String, _ body: (Batch) -> Tensor) throws -> Tensor {
    let total = dataset.batchCount(of: 500)
    var found: [Tensor] = []
    try dataset.forEachBatch(of: 500) { batch in
      found.append(body(batch))
      watch(EvaluationProgress(task: task, done: found.count, total: total))
    }
    return Tensor.concatenate(found, over: 0)
  }

  /// What tells the watcher the share of a task that is done, in hundredths.
  func progress(_ task: String) -> (Double) -> Void {
    { watch(EvaluationProgress(task: task, done: Int($0 * 100), total: 100)) }
  }
}
