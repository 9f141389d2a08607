import Foundation

/// Numbers as people read them: grouped thousands, a true minus, no digit that is only noise.
package enum NumberText {
  /// `value` ± `standardError`, both to the error's second significant digit; without one, at most five
  /// digits.
  package static func measured(_ value: Double, standardError: Double?) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
    guard let error = standardError, error.isFinite, error > 0, error >= abs(value) * 1e-12 else {
      return plain(value)
    }
    let decimals = 1 - Int(floor(log10(error) + 1e-9))
    guard decimals <= 8, max(abs(value), error) < 1e12 else {
      return "\(scientific(value)) ± \(scientific(error))"
    }
    return "\(fixed(value, decimals: max(0, decimals))) ± \(fixed(error, decimals: max(0, decimals)))"
  }

  /// A whole number with grouped thousands.
  package static func whole(_ value: Int) -> String {
    grouped(String(value.magnitude), isNegative: value < 0)
  }

  private static func plain(_ value: Double) -> String {
    if value == 0 { return "0" }
    if value == value.rounded(), abs(value) < 1e12 { return fixed(value, decimals: 0) }
    let magnitude = Int(floor(log10(abs(value))))
    if magnitude < -5 || magnitude > 11 { return scientific(value) }
    let text = fixed(value, decimals: max(0, 4 - magnitude))
    guard text.contains(".") else { return text }
    return String(text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed())
  }

  /// `value` with so many decimals.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", abs(value))
    return grouped(text, isNegative: value < 0 && text.contains { $0 != "0" && $0 != "." })
  }

  private static func scientific(_ value: Double) -> String {
    String(format: "%.3e", value).replacingOccurrences(of: "-", with: "−")
  }

  private static func grouped(_ text: String, isNegative: Bool) -> String {
    let parts = text.split(separator: ".", maxSplits: 1)
    var whole = ""
    for (index, digit) in parts[0].enumerated() {
      if index > 0, (parts[0].count - index) % 3 == 0 { whole.append(",") }
      whole.append(digit)
    }
    return (isNegative ? "−" : "") + whole + (parts.count > 1 ? "." + parts[1] : "")
  }
}
