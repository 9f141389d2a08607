extension [String] {
  /// The name that a mistyped one most likely meant: the one fewest edits away, if they are few.
  package func nearest(to name: String) -> String? {
    let close = map { (name: $0, distance: editDistance($0.lowercased(), name.lowercased())) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let close, close.distance <= Swift.max(2, name.count / 3) else { return nil }
    return close.name
  }
}

/// The fewest insertions, deletions and substitutions of characters that turn `a` into `b`.
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let cost = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = Swift.min(cost, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
