import Foundation
import Synchronization

/// Whether a signal has come. A signal's handler can reach nothing but globals.
private let signalled = Atomic<Bool>(false)

/// A request to stop that any thread may make, and a training grants after the step at hand.
final class StopRequest: Sendable {
  private let made = Atomic<Bool>(false)

  /// Whether it was made here, or of the whole process.
  var isMade: Bool { made.load(ordering: .relaxed) || Interruption.isRequested }

  func make() { made.store(true, ordering: .relaxed) }
}

/// Ctrl-C and termination, as a request that training grants after the step at hand.
public enum Interruption {
  /// Whether the process was asked to stop.
  public static var isRequested: Bool { signalled.load(ordering: .relaxed) }

  /// Has SIGINT and SIGTERM ask; a second one ends the process at once.
  public static func listen() {
    // A parent may have blocked them: a thread of libdispatch does, and its child processes inherit that.
    var asked = sigset_t()
    sigemptyset(&asked)
    for number in [SIGINT, SIGTERM] { sigaddset(&asked, number) }
    pthread_sigmask(SIG_UNBLOCK, &asked, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { received in
        signalled.store(true, ordering: .relaxed)
        signal(received, SIG_DFL)
      }
    }
  }
}
