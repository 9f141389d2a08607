/// Ways to make a long, noisy series readable without changing what it says.
package enum Smoothing {
  /// The mean of the `window` values around each, fewer near the ends, values that are not finite left out.
  ///
  /// A centred window does not shift the curve to later steps, as an exponential average does.
  package static func movingMean(_ values: [Double], window: Int) -> [Double] {
    guard window > 1 else { return values }
    var sums = [0.0]
    var counts = [0]
    sums.reserveCapacity(values.count + 1)
    counts.reserveCapacity(values.count + 1)
    for value in values {
      sums.append(sums[sums.count - 1] + (value.isFinite ? value : 0))
      counts.append(counts[counts.count - 1] + (value.isFinite ? 1 : 0))
    }
    let half = window / 2
    return values.indices.map { index in
      let first = max(0, index - half)
      let end = min(values.count, index + half + 1)
      let count = counts[end] - counts[first]
      return count == 0 ? .nan : (sums[end] - sums[first]) / Double(count)
    }
  }

  /// The indices of at most about `limit` points that keep every peak and dip: of each run of points the
  /// lowest and the highest.
  package static func thinned(_ values: [Double], limit: Int) -> [Int] {
    guard values.count > limit, limit >= 2 else { return Array(values.indices) }
    let runs = limit / 2
    return (0..<runs).flatMap { run -> [Int] in
      let members = (run * values.count / runs)..<((run + 1) * values.count / runs)
      let finite = members.filter { values[$0].isFinite }
      guard let low = finite.min(by: { values[$0] < values[$1] }),
        let high = finite.max(by: { values[$0] < values[$1] })
      else { return members.prefix(1).map { $0 } }
      return low == high ? [low] : [min(low, high), max(low, high)]
    }
  }
}
