import Torch

/// 2 E|X - Y| - E|X - X'| - E|Y - Y'|: 0 where two distributions are the same and above 0 elsewhere. Szekely
/// and Rizzo 2013, eq. 2.
package struct EnergyDistance {
  /// The unbiased estimate, which can fall below 0, in the units of z. Where the distributions are the same
  /// the first term of its expansion vanishes, and the standard error is too small.
  package let estimate: Estimate

  /// - Parameters: samples [n, d] and [m, d].
  package init(_ x: Tensor, _ y: Tensor) {
    let toX = Self.meanDistances(x, to: x, sameSamples: true)
    let toY = Self.meanDistances(y, to: y, sameSamples: true)
    let fromX = Self.meanDistances(x, to: y, sameSamples: false)
    let fromY = Self.meanDistances(y, to: x, sameSamples: false)
    // Each sample's share: the first term of the statistic's expansion.
    let sharesX = zip(fromX, toX).map { 2 * ($0 - $1) }
    let sharesY = zip(fromY, toY).map { 2 * ($0 - $1) }
    let (a, b) = (Estimate(meanOf: sharesX, unit: ""), Estimate(meanOf: sharesY, unit: ""))
    estimate = Estimate(
      value: (a.value + b.value) / 2,
      standardError: (a.standardError * a.standardError + b.standardError * b.standardError).squareRoot(),
      count: x.size(0), unit: "latent units")
  }

  /// The mean distance of each row from the rows of another matrix; itself left out.
  private static func meanDistances(_ a: Tensor, to b: Tensor, sameSamples: Bool) -> [Double] {
    let others = Double(sameSamples ? b.size(0) - 1 : b.size(0))
    return stride(from: 0, to: a.size(0), by: 500).flatMap { start in
      a.narrowed(0, from: start, length: min(500, a.size(0) - start)).distances(to: b)
        .sum(over: [1]).converted(to: .float64).values(as: Double.self).map { $0 / others }
    }
  }
}
