import Torch

/// 2 E|X - Y| - E|X - X'| - E|Y - Y'|: 0 where two distributions are the same and above 0 elsewhere. Szekely
/// and Rizzo 2013, eq. 2.
package struct EnergyDistance {
  /// The unbiased estimate, which can fall below 0, in the units of z; its variance: `KernelDiscrepancy`.
  package let estimate: Estimate

  /// - Parameters: samples [n, d] and [m, d].
  package init(_ x: Tensor, _ y: Tensor) {
    let discrepancy = KernelDiscrepancy(
      x, y, kernel: .negativeDistance, using: Generator(seed: 0, device: x.device))
    estimate = Estimate(
      value: discrepancy.value, standardError: discrepancy.standardError, count: x.size(0),
      unit: "latent units")
  }
}
