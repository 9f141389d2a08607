import Foundation

/// What waits for a model's thread, and the rule by which requests are gathered: the oldest goes next, with all others
/// of its kind, up to so many rows. It waits a moment for others to come, but only where there are some about: one is
/// waiting with it, or the last one did not go alone.
package final class JobQueue<Job: Sendable>: @unchecked Sendable {
  // Unchecked: what changes is guarded by `condition`.
  private let condition = NSCondition()
  private var waiting: [Entry] = []
  private var isClosed = false
  private var hadCompany = false
  private let limit: Int
  private let rows: Int
  private let patience: Double

  private struct Entry {
    let job: Job
    /// Jobs of the same kind go together; one without a kind goes alone.
    let kind: ModelRequest.Kind?
    let rows: Int
    let arrival: Date
  }

  package enum Refusal: Error { case full, closed }

  /// - Parameters:
  ///   - limit: the most jobs that wait.
  ///   - rows: the most rows that are handed out together, but for a single job that has more.
  ///   - patience: how long a job waits for others of its kind, in seconds.
  package init(limit: Int, rows: Int, patience: Double) {
    self.limit = limit
    self.rows = rows
    self.patience = patience
  }

  /// The number of jobs that wait.
  var count: Int { condition.withLock { waiting.count } }

  package func submit(_ job: Job, kind: ModelRequest.Kind?, rows: Int) throws(Refusal) {
    condition.lock()
    defer { condition.unlock() }
    if isClosed { throw .closed }
    if waiting.count >= limit { throw .full }
    waiting.append(Entry(job: job, kind: kind, rows: rows, arrival: Date()))
    condition.signal()
  }

  /// The jobs to work on next; waits for one. None where it was closed and all are done, or where `idleFor` seconds
  /// passed without any.
  package func next(idleFor: Double) -> (jobs: [Job], isClosed: Bool) {
    condition.lock()
    defer { condition.unlock() }
    let end = Date(timeIntervalSinceNow: idleFor)
    while waiting.isEmpty {
      if isClosed { return ([], true) }
      guard condition.wait(until: end) else { return ([], false) }
    }
    if let kind = waiting[0].kind, hadCompany || waiting.count > 1 {
      let ready = waiting[0].arrival.addingTimeInterval(patience)
      while !isClosed, waiting.reduce(0, { $0 + ($1.kind == kind ? $1.rows : 0) }) < rows,
        condition.wait(until: ready)
      {}
    }
    return (take(), false)
  }

  private func take() -> [Job] {
    guard let kind = waiting[0].kind else { return [waiting.removeFirst().job] }
    var taken: [Job] = []
    var left: [Entry] = []
    var total = 0
    for entry in waiting {
      if entry.kind == kind, taken.isEmpty || total + entry.rows <= rows {
        taken.append(entry.job)
        total += entry.rows
      } else {
        left.append(entry)
      }
    }
    waiting = left
    hadCompany = taken.count > 1
    return taken
  }

  /// Takes no more; what waits is still handed out, without waiting for others.
  package func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }
}
