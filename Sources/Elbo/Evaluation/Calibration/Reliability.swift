import Foundation
import Torch

/// How often a discriminator is right when it says how sure it is: pairs (x, z) by the probability sigmoid(T) that z is
/// the posterior's, and the fraction that was. Both are equal at every probability where T = log q(z|x) - log p(z);
/// that they are equal does not show that it is, since pairs with one T are judged together, and where q is narrow
/// nearly all have probabilities of 0 and 1. DeGroot and Fienberg 1983; Guo et al. 2017, eq. 3.
package struct Reliability {
  /// One interval of probabilities that has pairs in it.
  package struct Bin {
    /// The mean of what was said.
    package let probability: Double
    /// The fraction that was the posterior's.
    package let fraction: Double
    /// The number of pairs.
    package let count: Int
  }

  /// From low probabilities to high.
  package let bins: [Bin]

  /// - Parameter posterior: T at samples of the posterior, and at as many of what they are compared with.
  package init(posterior: [Double], reference: [Double], bins number: Int = 10) {
    var sums = [(probability: Double, posterior: Int, count: Int)](repeating: (0, 0, 0), count: number)
    for (logits, isPosterior) in [(posterior, 1), (reference, 0)] {
      for logit in logits {
        let probability = 1 / (1 + exp(-logit))
        let place = min(number - 1, max(0, Int(probability * Double(number))))
        sums[place].probability += probability
        sums[place].posterior += isPosterior
        sums[place].count += 1
      }
    }
    bins = sums.filter { $0.count > 0 }.map {
      Bin(
        probability: $0.probability / Double($0.count), fraction: Double($0.posterior) / Double($0.count),
        count: $0.count)
    }
  }

  /// The expected calibration error: the mean of |fraction - probability| over pairs, from 0. Noise makes it larger, by
  /// about its standard error.
  package var error: Estimate {
    let total = Double(bins.reduce(0) { $0 + $1.count })
    let value = bins.reduce(0) { $0 + abs($1.fraction - $1.probability) * Double($1.count) / total }
    let variance = bins.reduce(0) {
      $0 + $1.fraction * (1 - $1.fraction) * Double($1.count) / (total * total)
    }
    return Estimate(
      value: value, standardError: variance.squareRoot(), count: Int(total), unit: "probability")
  }
}

extension Evaluator {
  /// T at samples of the posterior and of what they are compared with, `pairs` of each, over the examples in turn.
  package func discriminatorLogits(
    _ pairs: Int, using generator: Generator
  ) throws -> (posterior: [Double], reference: [Double])? {
    var found = (posterior: [Double](), reference: [Double]())
    var hasDiscriminator = true
    while hasDiscriminator, found.posterior.count < pairs {
      try dataset.standing(pairs).forEachBatch(of: 500) { batch in
        guard hasDiscriminator, found.posterior.count < pairs else { return }
        guard let contest = model.discriminatorContest(batch, using: generator) else {
          hasDiscriminator = false
          return
        }
        found.posterior += contest.posteriorLogits.converted(to: .float64).values(as: Double.self)
        found.reference += contest.referenceLogits.converted(to: .float64).values(as: Double.self)
      }
    }
    return hasDiscriminator ? found : nil
  }
}
