import CTorch
import Foundation
import Synchronization

/// Notes that all processes of a group can read and write, each over a connection of its own.
struct Notes: @unchecked Sendable {
  // The store behind it is made for use by several threads.
  private let group: OpaquePointer
  init(_ group: OpaquePointer) { self.group = group }

  func write(_ text: String, to key: String) throws(TorchError) {
    try attempt("store") { ct_group_write(group, key, text, $0) }
  }

  func read(_ key: String) throws(TorchError) -> String? {
    var found = false
    var text = [CChar](repeating: 0, count: 256)
    try attempt("store") { error in ct_group_read(&found, &text, Int64(text.count), group, key, error) }
    return found
      ? String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
  }
}

/// Sees when a process of the group is gone, and ends this one then.
///
/// Each process counts up a note of its own every second, and watches that of the next. Whoever sees one stand still
/// leaves a note that names it, which all others look for.
final class RankWatch: Sendable {
  /// How long a process may stand still: a machine that swaps is slow, not lost.
  private static let patience = 15.0
  /// The same once a message failed to arrive.
  private static let patienceOnFailure = 5.0

  private let notes: Notes
  private let place: ProcessPlace
  private let state = Mutex((isLeaving: false, hasFailed: false))
  private let ended = DispatchSemaphore(value: 0)
  /// When the store answered last.
  private let answered = Mutex(ContinuousClock().now)

  init(_ notes: Notes, _ place: ProcessPlace) {
    self.notes = notes
    self.place = place
    let thread = Thread { [self] in
      beat()
      ended.signal()
    }
    thread.stackSize = 512 << 10
    thread.start()
    // Where a machine or a wire is gone nothing comes back, no error either.
    let second = Thread { [self] in
      let clock = ContinuousClock()
      while !state.withLock({ $0.isLeaving }) {
        if answered.withLock({ $0.duration(to: clock.now) }) > .seconds(Self.patience + 5) { end(silence) }
        usleep(500_000)
      }
    }
    second.stackSize = 512 << 10
    second.start()
  }

  private var silence: String {
    place.servesStore
      ? "rank 0 on \(place.host), which held the store, was lost"
      : "the store at \(place.host):\(place.port) was lost"
  }

  private func beat() {
    let next = (place.rank + 1) % place.size
    let clock = ContinuousClock()
    var seen: String?
    var since = clock.now
    var count = 0
    let host = ProcessInfo.processInfo.hostName
    do throws(TorchError) {
      try notes.write(
        "process \(ProcessInfo.processInfo.processIdentifier) on \(host)", to: "name/\(place.rank)")
      while true {
        let (isLeaving, hasFailed) = state.withLock { $0 }
        if isLeaving {
          try notes.write("gone", to: "beat/\(place.rank)")
          return
        }
        answered.withLock { $0 = clock.now }
        count += 1
        try notes.write(String(count), to: "beat/\(place.rank)")
        if let lost = try notes.read("lost") { end("\(lost) was lost") }
        let now = try notes.read("beat/\(next)")
        if now != seen || now == "gone" {
          seen = now
          since = clock.now
        } else if since.duration(to: clock.now) / .seconds(1)
          > (hasFailed ? Self.patienceOnFailure : Self.patience)
        {
          let name = try notes.read("name/\(next)") ?? "which never said where it was"
          try notes.write("rank \(next) (\(name))", to: "lost")
        }
        usleep(500_000)
      }
    } catch {
      if state.withLock({ $0.isLeaving }) { return }
      end(silence)
    }
  }

  /// Ends the process once it is known who was lost, since a message to or from another failed.
  func explain(_ error: TorchError) -> Never {
    state.withLock { $0.hasFailed = true }
    for _ in 0..<25 { sleep(1) }
    end("no word from another process: \(error.problem)")
  }

  private func end(_ problem: String) -> Never {
    let line = Array(
      "elbo: rank \(place.rank): \(problem); start all processes again, with --resume\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    // The destructors of what waits for the lost process would wait on.
    _exit(1)
  }

  /// Ends the watch, as all processes do; the one that serves the store waits until they have.
  func leave() {
    state.withLock { $0.isLeaving = true }
    ended.wait()
    guard place.servesStore, place.rank == 0 else { return }
    for other in 1..<place.size {
      for _ in 0..<100 where (try? notes.read("beat/\(other)")) != "gone" { usleep(100_000) }
    }
  }
}
