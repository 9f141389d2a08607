import Elbo
import Foundation
import Synchronization
import Torch

/// A run's model, and the one thread that owns its tensors.
///
/// Requests of one kind that wait together are answered together. New weights are taken between two such batches: an
/// answer is of one checkpoint.
package final class ModelWorker: @unchecked Sendable {
  // Unchecked: `loaded` belongs to the worker's thread; what others see is locked.
  let name: String
  let directory: RunDirectory
  private let options: ServerOptions
  private let metrics: ServerMetrics
  private let queue: JobQueue<Job>
  private let shared = Mutex(Shared())
  private let ended = Promise<Void>()
  private var loaded: LoadedModel?
  private var seen: Date?
  private var waitingForCalibration: [Job] = []

  private struct Shared {
    var description: ModelDescription?
    var problem: String?
  }

  private enum Job: Sendable {
    case request(ModelRequest, Promise<ModelAnswer>, deadline: ContinuousClock.Instant)
    case task(@Sendable (LoadedModel?) -> Void)
  }

  /// - Throws: a `DiagnosedError` where there are weights that cannot be loaded.
  init(_ name: String, _ directory: RunDirectory, _ options: ServerOptions, _ metrics: ServerMetrics) throws {
    self.name = name
    self.directory = directory
    self.options = options
    self.metrics = metrics
    queue = JobQueue(limit: options.queueLimit, rows: options.batchRows, patience: options.batchWait)
    seen = Self.stamp(directory)
    if seen != nil { try load(TrainedRun(directory.url.path)) }
  }

  /// What is served; nil before the first checkpoint.
  var description: ModelDescription? { shared.withLock { $0.description } }
  /// Why the newest weights are not served, where they are not.
  var problem: String? { shared.withLock { $0.problem } }
  /// The requests that wait.
  package var depth: Int { queue.count }

  func start() {
    let thread = Thread { [self] in
      work()
      ended.finish(.success(()))
    }
    thread.name = "model \(name)"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Ends the thread once all that waits is done.
  func stop() async {
    queue.close()
    _ = try? await ended.value
  }

  /// The answer to a request.
  func answer(_ request: ModelRequest) async throws -> ModelAnswer {
    let promise = Promise<ModelAnswer>()
    let deadline = ContinuousClock.now + .seconds(options.deadline)
    try submit(.request(request, promise, deadline: deadline), kind: request.kind, rows: request.count)
    let timer = Task {
      try await Task.sleep(until: deadline, clock: .continuous)
      promise.finish(.failure(APIError.late))
    }
    defer { timer.cancel() }
    return try await promise.value
  }

  /// What `body` makes of the model, on its thread.
  package func ask<Value: Sendable>(_ body: @escaping @Sendable (LoadedModel) throws -> Value) async throws
    -> Value
  {
    let promise = Promise<Value>()
    let name = name
    let job = Job.task { model in
      promise.finish(
        Result {
          guard let model else { throw Self.empty(name) }
          return try withoutGradients { () throws in try body(model) }
        })
    }
    try submit(job, kind: nil, rows: 1)
    return try await promise.value
  }

  private func submit(_ job: Job, kind: ModelRequest.Kind?, rows: Int) throws {
    do {
      try queue.submit(job, kind: kind, rows: rows)
    } catch {
      throw error == .full ? APIError.overloaded : APIError.stopping
    }
  }

  static func empty(_ name: String) -> APIError {
    APIError(
      .serviceUnavailable,
      "the run '\(name)' has no checkpoint yet; it gets one at its end and every "
        + "'checkpoint.every' steps", headers: [.retryAfter: "5"])
  }

  // MARK: The thread

  private func work() {
    var nextLook = Date()
    while true {
      let (jobs, isClosed) = queue.next(idleFor: isCalibrating ? 0 : options.pollEvery)
      perform(jobs)
      // A little at a time: other requests need not wait for it.
      if isCalibrating { calibrate() }
      if !isCalibrating, !waitingForCalibration.isEmpty { perform(takeWaiting()) }
      if isClosed, waitingForCalibration.isEmpty { return }
      // New weights would have scores wait for another calibration.
      if Date() >= nextLook, waitingForCalibration.isEmpty {
        reload()
        nextLook = Date(timeIntervalSinceNow: options.pollEvery)
      }
    }
  }

  private var isCalibrating: Bool {
    guard let calibration = loaded?.calibration else { return false }
    return calibration.isWanted && !calibration.isComplete
  }

  private func calibrate() {
    do {
      try withoutGradients { () throws in try loaded!.calibration.advance() }
    } catch {
      loaded!.calibration.isWanted = false
      for case .request(_, let promise, _) in takeWaiting() { promise.finish(.failure(error)) }
    }
  }

  private func takeWaiting() -> [Job] {
    defer { waitingForCalibration = [] }
    return waitingForCalibration
  }

  private func perform(_ jobs: [Job]) {
    var requests: [(ModelRequest, Promise<ModelAnswer>)] = []
    for job in jobs {
      switch job {
      case .task(let body): body(loaded)
      case .request(let request, let promise, let deadline):
        if ContinuousClock.now >= deadline { promise.finish(.failure(APIError.late)) }
        if promise.isDone { continue }
        if let loaded, !loaded.isReady(for: request) {
          if waitingForCalibration.count < options.queueLimit {
            waitingForCalibration.append(job)
          } else {
            promise.finish(.failure(APIError.overloaded))
          }
        } else {
          requests.append((request, promise))
        }
      }
    }
    guard !requests.isEmpty else { return }
    guard let loaded else {
      for (_, promise) in requests { promise.finish(.failure(Self.empty(name))) }
      return
    }
    metrics.noteBatch(model: name, requests: requests.count, rows: requests.reduce(0) { $0 + $1.0.count })
    let answers = withoutGradients { loaded.answer(requests.map(\.0)) }
    for ((_, promise), answer) in zip(requests, answers) { promise.finish(.success(answer)) }
  }

  /// Takes weights that are newer than those that were seen. What cannot be loaded leaves the old ones in place.
  private func reload() {
    let stamp = Self.stamp(directory)
    guard let stamp, stamp != seen else { return }
    seen = stamp
    do {
      if let loaded {
        try load(TrainedRun(newestOf: loaded.run))
      } else {
        try load(TrainedRun(directory.url.path))
      }
      metrics.noteReload(model: name, succeeded: true)
    } catch {
      shared.withLock { $0.problem = "\(error)" }
      metrics.noteReload(model: name, succeeded: false)
    }
  }

  private func load(_ run: TrainedRun) throws {
    let description = try ModelDescription(name, run)
    loaded = try LoadedModel(run, after: loaded)
    shared.withLock { $0 = Shared(description: description, problem: nil) }
  }

  private static func stamp(_ directory: RunDirectory) -> Date? {
    var status = stat()
    guard lstat(directory.lastWeights.path, &status) == 0 else { return nil }
    return Date(
      timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9)
  }
}
