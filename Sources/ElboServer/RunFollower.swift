import Elbo
import Foundation

/// Reads a run's log as it grows, and says the learning rates of each line, which the log leaves to the configuration.
struct RunFollower {
  private let url: URL
  private let configuration: RunConfiguration?
  private var offset: UInt64 = 0
  private var file: UInt64 = 0
  private var rest = Data()
  private var rollbacks = 0

  /// The most bytes that are read at once.
  private static let most = 1 << 20

  init(_ directory: RunDirectory) {
    url = directory.metrics
    configuration = try? ConfigurationLoader.load(runFile: directory.configuration)
  }

  /// When the log was last written to.
  private(set) var changed = Date.distantPast

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
      rollbacks = 0
      rest = Data()
    }
    file = UInt64(status.st_ino)
    changed = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
    guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: Self.most) else {
      return (isNew, [])
    }
    offset += UInt64(data.count)
    rest.append(data)
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return (isNew, []) }
    let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
    rest = Data(rest[(end + 1)...])
    return (isNew, lines.compactMap { line($0) })
  }

  /// A line with its learning rates; nil where it is none of a log.
  private mutating func line(_ bytes: Data) -> String? {
    guard let object = (try? JSONSerialization.jsonObject(with: bytes)) as? [String: Any],
      let step = object["step"] as? Int, let phase = object["phase"] as? String
    else { return nil }
    if phase == "guard", object["foundAt"] != nil { rollbacks += 1 }
    let text = String(decoding: bytes, as: UTF8.self)
    guard phase == "train", let configuration, text.hasSuffix("}") else { return text }
    func rate(_ role: ParameterRole) -> Double {
      configuration.learningRate(of: role, step: step, rollbacks: rollbacks)
    }
    var rates = ",\"learningRate\":\(rate(.generator))"
    if object["discriminator"] != nil { rates += ",\"discriminatorLearningRate\":\(rate(.discriminator))" }
    return text.dropLast() + rates + "}"
  }
}
