import Foundation
import Torch

/// `metrics.jsonl`: one JSON object a line with `step`, `phase`, and a number for each metric. Lines of the
/// phase "guard" hold a `Finding`, with texts too.
public struct MetricsLog {
  private let url: URL?
  private let handle: FileHandle

  /// Opens the log of a run, to append to it; none where another process keeps it.
  init(_ url: URL?) throws(FileError) {
    self.url = url
    let descriptor = open(url?.path ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(cannot: "be written", url ?? URL(filePath: "/dev/null")) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Appends a line.
  func append(
    step: Int, phase: String, _ values: [String: Double], texts: [String: String] = [:]
  ) throws(FileError) {
    try append(Self.line(step: step, phase: phase, values, texts: texts))
  }

  /// Appends lines as they stand.
  func append(_ text: String) throws(FileError) {
    guard let url else { return }
    guard Array(text.utf8).withUnsafeBytes({ AtomicFile.writeAll($0, to: handle.fileDescriptor) }) else {
      throw FileError(cannot: "be written", url)
    }
  }

  /// A line of the log.
  static func line(
    step: Int, phase: String, _ values: [String: Double], texts: [String: String] = [:]
  ) -> String {
    // Written by hand so that the keys keep their order: people read these lines too.
    let numbers = values.sorted { $0.key < $1.key }
      .map { ",\"\($0.key)\":" + ($0.value.isFinite ? "\($0.value)" : "null") }
    let quoted = texts.sorted { $0.key < $1.key }.map { name, text in
      let json = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
      return ",\"\(name)\":\(json)"
    }
    return "{\"step\":\(step),\"phase\":\"\(phase)\"\((quoted + numbers).joined())}\n"
  }

  /// The length in bytes.
  var length: Int { Int(lseek(handle.fileDescriptor, 0, SEEK_END)) }

  /// Removes what follows a length that a checkpoint knows, where a line ended.
  ///
  /// - Parameter step: keeps complete lines of this step that follow; nil for none.
  /// - Throws: `FileError` when the log is not one that continues what the checkpoint knew.
  func cut(to length: Int, orEndOf step: Int? = nil) throws(FileError) {
    guard let url else { return }
    guard let data = FileManager.default.contents(atPath: url.path), data.count >= length,
      length == 0 || data[length - 1] == UInt8(ascii: "\n")
    else {
      throw FileError(
        url, problem: "lacks lines that were there at the checkpoint, where it had \(length) bytes",
        remedy: "put the file back as it was, or train anew")
    }
    let kept = step.map { end(ofStep: $0, from: length) } ?? length
    guard ftruncate(handle.fileDescriptor, off_t(kept)) == 0 else {
      throw FileError(cannot: "be written", url)
    }
  }

  /// Where the lines of a step and those before it end; `start` is a place no later.
  func end(ofStep step: Int, from start: Int = 0) -> Int {
    guard let url else { return 0 }
    let data = FileManager.default.contents(atPath: url.path) ?? Data()
    var end = min(start, data.count)
    while let stop = data[end...].firstIndex(of: UInt8(ascii: "\n")),
      let line = try? Self.read(data[end...stop], name: url.path).first, line.step <= step
    {
      end = stop + 1
    }
    return end
  }

  /// One line of the log.
  public struct Entry: Sendable {
    /// The number of steps done.
    public let step: Int
    /// "train", "validation", "test" or "guard".
    public let phase: String
    /// The metrics by name.
    public let values: [String: Double]
    /// Texts by name, where the line has some.
    public let texts: [String: String]
  }

  /// All lines of a log, but for a last one that was cut short when the run was killed.
  ///
  /// - Throws: `FileError` when it cannot be read or a line is not one of a log.
  public static func read(_ url: URL) throws(FileError) -> [Entry] {
    guard let data = FileManager.default.contents(atPath: url.path) else {
      throw FileError(url, problem: "cannot be read", remedy: "train the run first")
    }
    return try read(data, name: url.path)
  }

  private static func read(_ data: Data, name: String) throws(FileError) -> [Entry] {
    let lines = data.split(separator: UInt8(ascii: "\n"))
    let isCutShort = data.last != UInt8(ascii: "\n")
    var entries: [Entry] = []
    for (number, line) in lines.enumerated() {
      guard let object = (try? JSONSerialization.jsonObject(with: line)) as? [String: Any],
        let step = object["step"] as? Int, let phase = object["phase"] as? String
      else {
        if isCutShort, number == lines.count - 1 { break }
        throw FileError(
          URL(filePath: name), problem: "line \(number + 1) is not a line of metrics",
          remedy: "remove that line")
      }
      let rest = object.filter { $0.key != "step" && $0.key != "phase" }
      entries.append(
        Entry(
          step: step, phase: phase, values: rest.compactMapValues { $0 as? Double },
          texts: rest.compactMapValues { $0 as? String }))
    }
    return entries
  }
}
