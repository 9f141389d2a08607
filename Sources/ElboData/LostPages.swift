import Foundation

/// Pages of a mapped file that cannot be read: it was made shorter, or its disk failed.
package enum LostPages {
  /// Has them end the process with status 1 and one line that says so. For a program to ask for: a signal's
  /// handler is the whole process's.
  package static func endWithALine() {
    signal(SIGBUS) { _ in
      // Nothing but what a handler of signals may do: no memory is taken, no lock.
      let line: StaticString =
        "elbo: a data file became shorter while it was read, or its disk failed; restore it\n"
      write(2, line.utf8Start, line.utf8CodeUnitCount)
      _exit(1)
    }
  }
}
