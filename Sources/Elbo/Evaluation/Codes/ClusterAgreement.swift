import Foundation

/// How clusters that were found agree with known classes.
package struct ClusterAgreement {
  /// Whether each example's cluster is matched with its class, under the one-to-one matching that is right
  /// most often (Xie et al. 2016, eq. 10). Where clusters are more than classes, those left over match none.
  ///
  /// Bias of the mean: upwards by the choice of the matching, of the order of the number of clusters over
  /// that of examples. Variance: that of a mean over examples, the matching taken as given.
  package let isMatched: [Bool]
  /// The normalised mutual information 2 I(c; y) / (H(c) + H(y)), from 0 to 1 (Strehl and Ghosh 2002, with
  /// the arithmetic mean); 1 where both are constant.
  ///
  /// Bias: upwards, of the order of clusters times classes over twice the number of examples. Variance: by
  /// resampling.
  package let normalisedMutualInformation: Double

  /// - Parameters: the cluster and the class of each example, from 0.
  package init(clusters: [Int], classes: [Int]) {
    precondition(clusters.count == classes.count && !clusters.isEmpty, "a cluster for each class")
    let table = Contingency(clusters, classes)
    let size = max(table.rows, table.columns)
    let gains = (0..<size).map { row in
      (0..<size).map { row < table.rows && $0 < table.columns ? -table.counts[row][$0] : 0 }
    }
    let names = Assignment.leastCost(gains)
    isMatched = zip(clusters, classes).map { names[$0] == $1 }
    normalisedMutualInformation = table.normalisedMutualInformation
  }
}

/// How often each pair of values occurs, and what that says of one by the other, in nats.
package struct Contingency {
  let counts: [[Double]]
  var rows: Int { counts.count }
  var columns: Int { counts[0].count }

  /// - Parameters: pairs of values from 0; at least one pair.
  package init(_ first: [Int], _ second: [Int]) {
    var counts = [[Double]](
      repeating: [Double](repeating: 0, count: second.max()! + 1), count: first.max()! + 1)
    for (a, b) in zip(first, second) { counts[a][b] += 1 }
    self.counts = counts
  }

  private var total: Double { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  private func entropy(_ counts: [Double]) -> Double {
    let total = counts.reduce(0, +)
    return -counts.reduce(0) { $0 + ($1 > 0 ? $1 / total * log($1 / total) : 0) }
  }

  /// The entropy of the first values.
  package var firstEntropy: Double { entropy(counts.map { $0.reduce(0, +) }) }
  /// The entropy of the second values.
  package var secondEntropy: Double {
    entropy((0..<columns).map { column in counts.reduce(0) { $0 + $1[column] } })
  }
  /// I = H(first) + H(second) - H(first, second), never below 0.
  package var mutualInformation: Double {
    max(0, firstEntropy + secondEntropy - entropy(counts.flatMap { $0 }))
  }
  /// 2 I / (H(first) + H(second)).
  var normalisedMutualInformation: Double {
    let sum = firstEntropy + secondEntropy
    return sum > 0 ? min(1, 2 * mutualInformation / sum) : 1
  }
}
