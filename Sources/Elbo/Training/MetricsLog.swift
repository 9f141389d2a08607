import Foundation
import Torch

/// `metrics.jsonl`: one JSON object a line with `step`, `phase`, and a number for each metric.
public struct MetricsLog {
  private let url: URL
  private let handle: FileHandle

  /// Opens the log of a run, to append to it.
  init(_ url: URL) throws(FileError) {
    self.url = url
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(cannot: "be written", url) }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Appends a line.
  func append(step: Int, phase: String, _ values: [String: Double]) throws(FileError) {
    // Written by hand so that the keys keep their order: people read these lines too.
    let numbers = values.sorted { $0.key < $1.key }
      .map { ",\"\($0.key)\":" + ($0.value.isFinite ? "\($0.value)" : "null") }
    let line = Array("{\"step\":\(step),\"phase\":\"\(phase)\"\(numbers.joined())}\n".utf8)
    guard line.withUnsafeBytes({ AtomicFile.writeAll($0, to: handle.fileDescriptor) }) else {
      throw FileError(cannot: "be written", url)
    }
  }

  /// Removes the lines after a step, which training is about to write again, and any line cut short.
  ///
  /// - Parameter evaluatesAgain: whether the evaluation at that step is to be written again too.
  static func cut(_ url: URL, after step: Int, evaluatesAgain: Bool) throws {
    guard let data = FileManager.default.contents(atPath: url.path) else { return }
    let text = String(decoding: data, as: UTF8.self).split(separator: "\n")
    let kept = zip(try read(data, name: url.path), text).filter { entry, _ in
      entry.step < step || (entry.step == step && !(evaluatesAgain && entry.phase != "train"))
    }
    try AtomicFile.write(Data(kept.map { $0.1 + "\n" }.joined().utf8), to: url)
  }

  /// One line of the log.
  public struct Entry: Sendable {
    /// The number of steps done.
    public let step: Int
    /// "train", "validation" or "test".
    public let phase: String
    /// The metrics by name.
    public let values: [String: Double]
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
      let values = object.filter { $0.key != "step" && $0.key != "phase" }.compactMapValues { $0 as? Double }
      entries.append(Entry(step: step, phase: phase, values: values))
    }
    return entries
  }
}
