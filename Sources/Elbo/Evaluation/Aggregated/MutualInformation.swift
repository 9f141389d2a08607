import ElboDistributions
import Foundation
import Torch

/// How much a code says of the example it came from,
///
///     I(x; z) = E KL(q(z|x), q(z)),  q(z) = 1/n sum_j q(z|x_j),
///
/// one z for each of n examples, q(z) the mixture of all their posteriors: the index-code mutual information
/// of Hoffman and Johnson 2016.
///
/// Bias: none for these n examples. Of the distribution that they are drawn from it is a lower bound, since
/// the mixture holds each z's own posterior, and it never exceeds log n; near log n it says only that
/// examples are told apart. Variance: that of a mean over examples.
package struct MutualInformation {
  /// log q(z_i|x_i) - log q(z_i) at one z of each example, in nats.
  package let values: [Double]

  /// - Parameters:
  ///   - z: a sample of each posterior, [n, d], in the posteriors' order.
  ///   - posteriors: batches of q(z|x), of batch shapes [n_1], [n_2], ..., n in all.
  ///   - progress: told the share that is done.
  package init(_ z: Tensor, _ posteriors: [any Distribution], progress: (Double) -> Void = { _ in }) {
    let n = z.size(0)
    precondition(posteriors.reduce(0) { $0 + $1.batchShape[0] } == n, "as many posteriors as samples")
    let strip = 50
    values = stride(from: 0, to: n, by: strip).flatMap { start in
      let length = min(strip, n - start)
      let rows = z.narrowed(0, from: start, length: length).unsqueezed(1)
      let logDensities = Tensor.concatenate(
        posteriors.map { $0.logDensity(at: rows) }, over: 1
      ).converted(to: .float64)
      let own = logDensities.gatheredElements(
        Tensor((start..<start + length).map(Int64.init), shape: [length, 1]).moved(to: z.device), over: 1)
      progress(Double(start + length) / Double(n))
      return (own.squeezed(1) - logDensities.logSumExp(over: [1]) + log(Double(n))).values(as: Double.self)
    }
  }
}
