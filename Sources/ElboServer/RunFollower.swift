import Elbo
import Foundation

/// Reads a run's log as it grows, and says the learning rates of each line, which the log leaves to the configuration.
package struct RunFollower {
  /// What came since the last time.
  package struct News {
    /// Whether the log began anew.
    package var isNew = false
    /// The new whole lines, each a JSON object.
    package var lines: [String] = []
  }

  private let directory: RunDirectory
  private var configuration: RunConfiguration?
  private var offset: UInt64 = 0
  private var file: UInt64 = 0
  private var rest = Data()
  private var rollbacks = 0
  private var latest: [MetricName: Double] = [:]

  /// The most bytes that are read at once.
  private static let most = 1 << 20

  package init(_ directory: RunDirectory) {
    self.directory = directory
    configure()
  }

  /// A run that is gone on with may have more steps than before.
  private mutating func configure() {
    configuration = try? ConfigurationLoader.load(runFile: directory.configuration)
  }

  /// When the log was last written to.
  private(set) var changed = Date.distantPast

  /// What the run is to become.
  var plan: JSON {
    guard let configuration else { return [:] }
    return [
      "preset": .string(configuration.name), "steps": .int(configuration.training.steps),
      "logEvery": .int(configuration.training.logEvery),
    ]
  }

  /// What the newest line of training says about each phase's health, by the guard's own thresholds.
  package var health: JSON {
    .array(
      Symptoms.signs(in: latest).map { sign in
        [
          "kind": .string(sign.kind.rawValue), "isThere": .bool(sign.isThere),
          "metric": .string(sign.metric.rawValue), "value": .number(sign.value),
          "threshold": .number(sign.threshold),
        ]
      })
  }

  package mutating func read() -> News {
    let url = directory.metrics
    var status = stat()
    guard stat(url.path, &status) == 0, let handle = try? FileHandle(forReadingFrom: url) else {
      return News()
    }
    defer { try? handle.close() }
    // A run that is gone on with has lost the lines after its checkpoint.
    let isNew = file != 0 && (UInt64(status.st_ino) != file || UInt64(status.st_size) < offset)
    if isNew {
      (offset, rollbacks, rest, latest) = (0, 0, Data(), [:])
      configure()
    }
    file = UInt64(status.st_ino)
    changed = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
    guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: Self.most)
    else {
      return News(isNew: isNew)
    }
    offset += UInt64(data.count)
    rest.append(data)
    guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return News(isNew: isNew) }
    let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
    rest = Data(rest[(end + 1)...])
    return News(isNew: isNew, lines: lines.compactMap { line($0) })
  }

  /// A line with its learning rates; nil where it is none of a log.
  private mutating func line(_ bytes: Data) -> String? {
    guard let object = (try? JSONSerialization.jsonObject(with: bytes)) as? [String: Any],
      let step = object["step"] as? Int, let phase = object["phase"] as? String
    else { return nil }
    if phase == "guard", object["foundAt"] != nil { rollbacks += 1 }
    let text = String(decoding: bytes, as: UTF8.self)
    guard phase == "train", let configuration, text.hasSuffix("}") else { return text }
    latest = [:]
    for (name, value) in object {
      if let metric = MetricName(rawValue: name), let value = value as? Double { latest[metric] = value }
    }
    func rate(_ role: ParameterRole) -> Double {
      configuration.learningRate(of: role, step: step, rollbacks: rollbacks)
    }
    var rates = ",\"learningRate\":\(rate(.generator))"
    if object["discriminator"] != nil { rates += ",\"discriminatorLearningRate\":\(rate(.discriminator))" }
    return text.dropLast() + rates + "}"
  }
}
