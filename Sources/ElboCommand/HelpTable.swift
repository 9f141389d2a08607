/// Names and what they mean, in two columns of a help text whose lines are shorter than 80 columns.
enum HelpTable {
  private static let width = 79
  private static let indent = 26

  /// A name, and beside it its meaning, broken between words.
  static func row(_ name: String, _ meaning: String) -> String {
    var lines = ["  " + name]
    var column = indent - 1
    // A long name has its line for itself.
    if name.count + 4 > indent { lines.append("") }
    lines[lines.count - 1] += String(repeating: " ", count: indent - 1 - lines[lines.count - 1].count)
    for word in meaning.split(separator: " ") {
      if column + 1 + word.count > width {
        lines.append(String(repeating: " ", count: indent - 1))
        column = indent - 1
      }
      lines[lines.count - 1] += " " + word
      column += 1 + word.count
    }
    return lines.joined(separator: "\n")
  }
}
