extension String {
  /// The text's beginning, on one line: what a message shows of a file that a stranger made.
  func excerpt(_ limit: Int = 60) -> String {
    let shown = prefix(limit).map { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } ? " " : $0 }
    return String(shown) + (count > limit ? "..." : "")
  }
}

extension [String] {
  /// Names for a message, no more than a person would read.
  var listed: String {
    prefix(12).map { $0.excerpt() }.joined(separator: ", ") + (count > 12 ? ", ..." : "")
  }
}
