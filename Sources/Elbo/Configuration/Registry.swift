import Synchronization

/// Parts that were added to those that Elbo comes with, by name.
final class Registry<Part: Sendable>: Sendable {
  private let added = Mutex<[String: Part]>([:])

  /// The parts that were added, with those that were there.
  func parts(with builtIn: [String: Part]) -> [String: Part] {
    added.withLock { added in added.isEmpty ? builtIn : builtIn.merging(added) { first, _ in first } }
  }

  /// Adds a part; a name that was added before gets the new one.
  ///
  /// - Precondition: no part that Elbo comes with has the name.
  func add(_ part: Part, named name: String, to builtIn: [String: Part]) {
    precondition(builtIn[name] == nil, "'\(name)' is the name of a part that Elbo comes with")
    added.withLock { $0[name] = part }
  }
}
