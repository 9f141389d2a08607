import Foundation
import Torch

/// The mutual information gap of codes with factors that are known,
///
///     MIG = 1/K sum_k (I(z_a; v_k) - I(z_b; v_k)) / H(v_k),
///
/// a and b the two latent dimensions that say most of factor v_k: 1 where one dimension alone holds each
/// factor, 0 where two say as much. Chen et al. 2018, eq. 6; the information by 20 equal bins of each
/// dimension, as Locatello et al. 2019.
///
/// Bias: each information comes out too large by about (bins - 1)(values - 1) / 2n, most of which the
/// difference takes off. Variance: by resampling examples.
package struct MutualInformationGap {
  private let bins: [[Int]]
  private let factors: [[Int]]

  /// - Parameters:
  ///   - z: codes [n, d], d at least 2.
  ///   - factors: the values of each factor, from 0, of n examples; none of them constant.
  package init(_ z: Tensor, factors: [[Int]], binCount: Int = 20) {
    precondition(z.size(1) > 1, "a gap takes two dimensions")
    self.factors = factors
    bins = (0..<z.size(1)).map { dimension in
      let values = z.selected(1, at: dimension).converted(to: .float64).values(as: Double.self)
      let (low, high) = (values.min()!, values.max()!)
      return values.map {
        high > low ? min(binCount - 1, Int(($0 - low) / (high - low) * Double(binCount))) : 0
      }
    }
  }

  /// The gap of all examples.
  package var value: Double { gap { $0 } }

  /// The gap of the examples at some places.
  package func value(at places: [Int]) -> Double {
    gap { column in places.map { column[$0] } }
  }

  private func gap(_ chosen: ([Int]) -> [Int]) -> Double {
    let columns = bins.map(chosen)
    let gaps = factors.map { factor in
      let values = chosen(factor)
      let tables = columns.map { Contingency($0, values) }
      let information = tables.map(\.mutualInformation).sorted(by: >)
      let entropy = tables[0].secondEntropy
      return entropy > 0 ? (information[0] - information[1]) / entropy : 0
    }
    return gaps.reduce(0, +) / Double(gaps.count)
  }
}
