import Foundation

/// Commands for gnuplot with their data inline, built line by line.
public struct GnuplotScript: Sendable {
  /// The commands so far.
  public private(set) var text = ""
  private var blocks = 0

  /// A script that draws nothing yet; it names the characters that ``quote(_:)`` needs.
  public init() {
    for scalar in Self.special {
      let octal = String(scalar.value, radix: 8)
      add("ascii\(scalar.value) = \"\\\(String(repeating: "0", count: 3 - octal.count))\(octal)\"")
    }
  }

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
  /// gnuplot looks for commands in grave accents, `@macros`, `#comments` and `{blocks}` before it understands quotes,
  /// and loses count of nested ones: characters that could mean something are named by variables, and none is
  /// left in the script. Control characters other than line breaks become spaces.
  public static func quote(_ string: String) -> String {
    var parts: [String] = []
    var plain = ""
    func close() {
      if !plain.isEmpty { parts.append("'\(plain)'") }
      plain = ""
    }
    for scalar in string.replacingOccurrences(of: "\r\n", with: "\n").unicodeScalars {
      if special.contains(scalar) {
        close()
        parts.append("ascii\(scalar.value)")
      } else if scalar.properties.generalCategory == .control {
        plain += " "
      } else {
        plain.unicodeScalars.append(scalar)
      }
    }
    close()
    return parts.isEmpty ? "''" : parts.joined(separator: ".")
  }

  /// Characters that stand for themselves in no context.
  private static let special: [Unicode.Scalar] = ["\n", "\"", "#", "$", "'", "@", "\\", "`", "{", "}"]

  /// A label at a tick: gnuplot formats those, so that a per cent sign must be doubled.
  public static func quoteTick(_ string: String) -> String {
    quote(string.replacingOccurrences(of: "%", with: "%%"))
  }

  /// A number as gnuplot reads it; what is not finite becomes a gap.
  public static func number(_ value: Double) -> String {
    value.isFinite ? "\(value)" : "NaN"
  }
}
