import Elbo
import Foundation

/// Reads a run's log as it grows.
struct RunFollower {
  private let url: URL
  private var offset: UInt64 = 0
  private var file: UInt64 = 0
  private var rest = Data()

  /// The most bytes that are read at once.
  private static let most = 1 << 20

  init(_ directory: RunDirectory) { url = directory.metrics }

  /// What came since the last time: whether the log began anew, and its new whole lines, each a JSON object.
  mutating func read() -> (isNew: Bool, lines: [String]) {
    var status = stat()
    guard stat(url.path, &status) == 0, let handle = try? FileHandle(forReadingFrom: url) else {
      return (false, [])
    }
    defer { try? handle.close() }
    // A resumed run writes its log anew, without the lines after its checkpoint.
    let isNew = file != 0 && (UInt64(status.st_ino) != file || UInt64(status.st_size) < offset)
    if isNew {
      offset = 0
      rest = Data()
    }
    file = UInt64(status.st_ino)
    guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: Self.most)
    else {
      return (isNew, [])
    }
    offset += UInt64(data.count)
    rest.append(data)
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return (isNew, []) }
    let lines = rest[..<end].split(separator: UInt8(ascii: "\n")).filter {
      (try? JSONSerialization.jsonObject(with: $0)) is [String: Any]
    }.map { String(decoding: $0, as: UTF8.self) }
    rest = Data(rest[(end + 1)...])
    return (isNew, lines)
  }
}
