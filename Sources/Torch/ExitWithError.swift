#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ends the process with an error's one line on standard error and its exit status.
package func exitWithError(_ error: some DiagnosedError) -> Never {
  let line = Array("elbo: \(error.description)\n".utf8)
  _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
  exit(error.exitStatus)
}
