import Foundation

/// Fetches the examples of coming steps on threads of its own, a few steps ahead of those that take them.
///
/// What a step gets is a function of its number; the threads decide only when it is there. At most
/// three more batches than threads are held.
public final class BatchFetcher {
  /// The examples of a step, by their numbers, and how they are read.
  public struct Plan: Sendable {
    /// How many numbers an example has.
    let width: Int
    /// How many threads fetch.
    let threads: Int
    /// Puts examples into memory, [count, width].
    let read: @Sendable ([Int64], UnsafeMutablePointer<Float>) throws(DataError) -> Void

    /// What to fetch, and by how many threads.
    public init(
      width: Int, threads: Int,
      read: @escaping @Sendable ([Int64], UnsafeMutablePointer<Float>) throws(DataError) -> Void
    ) {
      self.width = width
      self.threads = threads
      self.read = read
    }
  }

  private let queue: Queue

  /// Fetches from step 0 on; asked for another step it begins there.
  ///
  /// Parameter examples: those of a step, nil where there is none; called by one thread at a time.
  public init(_ plan: Plan, examples: @escaping (Int) -> [Int64]?) {
    queue = Queue(plan, examples)
  }

  deinit { queue.stop() }

  /// Waits until the examples of a step are there.
  ///
  /// Throws: what reading them threw.
  public func prepare(step: Int) throws(DataError) {
    let slot = queue.await(step)
    if let failure = slot.failure { throw failure }
  }

  /// Gives the examples of a step to a closure, after which they are gone.
  ///
  /// Throws: what reading them threw.
  public func take<Result>(
    step: Int, _ body: (_ values: UnsafeMutablePointer<Float>, _ examples: [Int64]) -> Result
  ) throws(DataError) -> Result {
    let slot = queue.await(step)
    if let failure = slot.failure { throw failure }
    defer { queue.release(step) }
    return body(slot.memory!, slot.examples)
  }
}

/// Room for one step's examples.
private final class Slot {
  var step = -1
  var isReady = false
  var isBusy = false
  var examples: [Int64] = []
  var failure: DataError?
  var memory: UnsafeMutablePointer<Float>?
  var capacity = 0

  deinit { memory?.deallocate() }
}

/// What the threads of a fetcher share. Safe to share: everything is read and written under the condition's
/// lock, but for the memory of a slot, which belongs to the thread that made it busy until it is ready, and
/// then to the one that takes it.
private final class Queue: @unchecked Sendable {
  private let plan: BatchFetcher.Plan
  private let examples: (Int) -> [Int64]?
  private let condition = NSCondition()
  private let slots: [Slot]
  /// The step that is taken next, and the first that no thread has begun.
  private var (wanted, next) = (0, 0)
  private var isStopped = false
  private var hasStarted = false
  /// Whether somebody waits for a step, and how many threads wait for work.
  private var (isAwaited, idle) = (false, 0)

  init(_ plan: BatchFetcher.Plan, _ examples: @escaping (Int) -> [Int64]?) {
    self.plan = plan
    self.examples = examples
    slots = (0..<plan.threads + 3).map { _ in Slot() }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
    }
  }

  /// The slot of a step, once it is ready.
  func await(_ step: Int) -> Slot {
    condition.lock()
    defer { condition.unlock() }
    if step != wanted || !hasStarted {
      (wanted, next) = (step, step)
      condition.broadcast()
    }
    if !hasStarted {
      hasStarted = true
      for _ in 0..<plan.threads { Thread.detachNewThread { [self] in work() } }
    }
    let slot = slots[step % slots.count]
    while !(slot.isReady && slot.step == step) {
      isAwaited = true
      condition.wait()
    }
    isAwaited = false
    return slot
  }

  /// Frees the slot of a step that was taken.
  func release(_ step: Int) {
    condition.withLock {
      slots[step % slots.count].isReady = false
      wanted = step + 1
      if idle > 0 { condition.broadcast() }
    }
  }

  private func work() {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      let step = next
      let slot = slots[step % slots.count]
      // After a return to an earlier step it may be there already, and being taken.
      if slot.isReady, slot.step == step {
        next += 1
        continue
      }
      // A slot may still be read for a step that nobody wants any more.
      guard step < wanted + slots.count, !slot.isBusy, let rows = examples(step) else {
        idle += 1
        condition.wait()
        idle -= 1
        continue
      }
      next += 1
      (slot.step, slot.examples, slot.isBusy, slot.isReady, slot.failure) = (step, rows, true, false, nil)
      if slot.capacity < rows.count * plan.width {
        slot.memory?.deallocate()
        slot.capacity = rows.count * plan.width
        slot.memory = .allocate(capacity: slot.capacity)
      }
      let memory = slot.memory!
      condition.unlock()
      var failure: DataError?
      do throws(DataError) { try plan.read(rows, memory) } catch { failure = error }
      condition.lock()
      slot.isBusy = false
      slot.failure = failure
      slot.isReady = true
      if isAwaited { condition.broadcast() }
    }
  }
}
