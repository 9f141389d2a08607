import Foundation

/// What this process has taken of the machine, by the system's own account.
enum ProcessUsage {
  /// The most memory that was resident at a time, in bytes.
  static var peakMemoryBytes: Int {
    #if os(Linux)
      // What `getrusage` gives on Linux also counts the parent's memory before this program took its place.
      let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }

  /// The seconds since the process was started, before its libraries were loaded; on Linux to a hundredth.
  static var secondsSinceStart: Double {
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8)) ?? ""
      // The second field is the program's name, in brackets, and may hold spaces.
      let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
      guard fields.count > 20, let ticks = Double(fields[20]) else { return .nan }
      var now = timespec()
      clock_gettime(CLOCK_BOOTTIME, &now)
      return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9 - ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    #else
      return ProcessInfo.processInfo.systemUptime - loadedAt
    #endif
  }

  #if !os(Linux)
    private static let loadedAt = ProcessInfo.processInfo.systemUptime
  #endif
}
