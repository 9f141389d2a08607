import Foundation
import Testing

/// A command that runs twice at once, as rank 0 and 1, each in a network namespace of its own with a pair of virtual
/// interfaces between them. The namespaces have no names: they go with their processes.
enum TwoNetworks {
  /// Why there are none, in the words of the tool that failed; nil where they can be had.
  static let problem: String? = {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words(["true"])
    process.standardError = errors
    do { try process.run() } catch { return "\(error)" }
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : said.trimmingCharacters(in: .whitespacesAndNewlines)
  }()

  /// The reason for a test that is skipped.
  static let comment = Comment(rawValue: "no network namespaces here: \(problem ?? "")")

  /// What /usr/bin/env is to run. Who is not root becomes it in a namespace of users, where that is permitted.
  static func words(_ command: [String]) -> [String] {
    let asRoot = getuid() == 0 ? [] : ["--user", "--map-root-user"]
    return ["unshare"] + asRoot + ["--net", "sh", "-e", "-c", script, "sh"] + command
  }

  /// The second network lives as long as a sleep, which holds no pipe that a reader waits for, and may have inherited
  /// that it takes no other signal.
  private static let script = """
    unshare --net sleep 300 >/dev/null 2>&1 &
    other=$!
    trap 'kill -KILL $other' EXIT
    until [ "$(cat /proc/$other/comm)" = sleep ]; do sleep 0.01; done
    there() { nsenter --target $other --net "$@"; }
    ip link set lo up
    there ip link set lo up
    ip link add wire0 type veth peer name wire1 netns $other
    ip address add 10.77.0.1/30 dev wire0
    there ip address add 10.77.0.2/30 dev wire1
    ip link set wire0 up
    there ip link set wire1 up
    export WORLD_SIZE=2 MASTER_ADDR=10.77.0.1 MASTER_PORT=29500
    RANK=1 GLOO_SOCKET_IFNAME=wire1 there "$@" &
    second=$!
    RANK=0 GLOO_SOCKET_IFNAME=wire0 "$@"
    wait $second
    """
}
