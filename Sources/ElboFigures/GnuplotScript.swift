import Foundation

/// Commands for gnuplot with their data inline, built line by line.
public struct GnuplotScript: Sendable {
  /// The commands so far.
  public private(set) var text = ""
  private var blocks = 0

  /// An empty script.
  public init() {}

  /// Appends one command.
  public mutating func add(_ command: String) {
    text += command
    text += "\n"
  }

  /// Appends a data block of `count` lines and returns the name to plot it by.
  public mutating func data(count: Int, row: (Int) -> String) -> String {
    let name = "$data\(blocks)"
    blocks += 1
    text += "\(name) << END_OF_DATA\n"
    for index in 0..<count {
      text += row(index)
      text += "\n"
    }
    text += "END_OF_DATA\n"
    return name
  }

  /// A string expression that stands for exactly `string`.
  ///
  /// Single quotes, because gnuplot runs `` `commands` `` that stand in double ones; quotes and line breaks
  /// stand outside, because a doubled quote at the start of a string ends it. Other control characters become
  /// spaces.
  public static func quote(_ string: String) -> String {
    var parts: [String] = []
    var plain = ""
    func close() {
      if !plain.isEmpty { parts.append("'\(plain)'") }
      plain = ""
    }
    for scalar in string.replacingOccurrences(of: "\r\n", with: "\n").unicodeScalars {
      switch scalar {
      case "'", "\n":
        close()
        parts.append(scalar == "'" ? "\"'\"" : "\"\\n\"")
      case _ where scalar.properties.generalCategory == .control: plain += " "
      default: plain.unicodeScalars.append(scalar)
      }
    }
    close()
    return parts.isEmpty ? "''" : parts.joined(separator: ".")
  }

  /// A label at a tick: gnuplot formats those, so that a per cent sign must be doubled.
  public static func quoteTick(_ string: String) -> String {
    quote(string.replacingOccurrences(of: "%", with: "%%"))
  }

  /// A number as gnuplot reads it; what is not finite becomes a gap.
  public static func number(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "NaN"
  }
}
