import Torch

/// The squared distance of two distributions' means in the space of a kernel k,
///
///     E k(X, X') + E k(Y, Y') - 2 E k(X, Y),
///
/// which is 0 where they are the same: the squared maximum mean discrepancy for a positive definite kernel
/// (Gretton et al. 2012, eq. 3), the energy distance for -|x - y| (Szekely and Rizzo 2013, eq. 2).
///
/// Bias: none, so that it can fall below 0. Variance: of order 1/n where the distributions differ and 1/n^2
/// where they are the same; the standard error, by each sample's share of the statistic, is right in the
/// first case and up to a factor sqrt 2 too large in the second.
package struct KernelDiscrepancy {
  /// How alike two places are.
  package enum Kernel: Sendable {
    /// exp(-|x - y|^2 / (2 width^2)).
    case gaussian(width: Double)
    /// -|x - y|.
    case negativeDistance

    func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor {
      let distance = x.distances(to: y)
      return switch self {
      case .gaussian(let width): (distance.squared() * (-0.5 / (width * width))).exp()
      case .negativeDistance: -distance
      }
    }

    /// k(x, x).
    var atItself: Double {
      switch self {
      case .gaussian: 1
      case .negativeDistance: 0
      }
    }
  }

  /// The statistic.
  package let value: Double
  /// Its standard error.
  package let standardError: Double
  /// The number of samples in the first group.
  package let count: Int
  /// The statistic after random divisions of all samples into groups of the same sizes: what it would be if
  /// both were of one distribution.
  package let permuted: [Double]

  /// The probability of a statistic at least as large if the distributions were the same, (1 + #{permuted >=
  /// value}) / (1 + #permuted): at most as often below alpha as alpha says. Phipson and Smyth 2010.
  package var pValue: Double {
    Double(1 + permuted.count { $0 >= value }) / Double(1 + permuted.count)
  }

  /// Compares samples [n, d] and [m, d]; n and m at least 2. Takes memory of order n + m for each
  /// permutation, and of 500 (n + m).
  ///
  /// - Parameter progress: told the share that is done.
  package init(
    _ x: Tensor, _ y: Tensor, kernel: Kernel, permutations: Int = 0, using generator: Generator,
    progress: (Double) -> Void = { _ in }
  ) {
    let (n, m) = (x.size(0), y.size(0))
    precondition(n > 1 && m > 1, "\(n) and \(m) samples have no distances within")
    let all = Tensor.concatenate([x, y], over: 0)
    let groups = Self.groups(n, of: n + m, permutations: permutations, using: generator)
    var toFirst: [Double] = []
    var toAll: [Double] = []
    var within = Tensor.zeros([1 + permutations], type: .float64, device: x.device)
    var fromFirst = within
    for start in stride(from: 0, to: n + m, by: 500) {
      let length = min(500, n + m - start)
      let strip = kernel(all.narrowed(0, from: start, length: length), all)
      let members = groups.narrowed(0, from: start, length: length)
      // What a sample has to itself is no part of the statistic.
      let toGroup = (strip.matmul(groups) - members * kernel.atItself).converted(to: .float64)
      let total = (strip.converted(to: .float64).sum(over: [1]) - kernel.atItself)
      let precise = members.converted(to: .float64)
      within = within + (precise * toGroup).sum(over: [0])
      fromFirst = fromFirst + (precise * total.unsqueezed(1)).sum(over: [0])
      toFirst += toGroup.selected(1, at: 0).values(as: Double.self)
      toAll += total.values(as: Double.self)
      progress(Double(start + length) / Double(n + m))
    }
    let sum = toAll.reduce(0, +)
    let (first, second) = (Double(n), Double(m))
    let statistics = zip(within.values(as: Double.self), fromFirst.values(as: Double.self)).map {
      inside, from in
      let between = from - inside
      return inside / (first * (first - 1)) + (sum - inside - 2 * between) / (second * (second - 1))
        - 2 * between / (first * second)
    }
    value = statistics[0]
    count = n
    permuted = Array(statistics.dropFirst())
    // Each sample's share: the first term of the statistic's expansion, twice.
    let shares = (0..<n + m).map { place in
      let (inX, inY) = (toFirst[place], toAll[place] - toFirst[place])
      return place < n
        ? 2 * (inX / (first - 1) - inY / second) : 2 * (inY / (second - 1) - inX / first)
    }
    let errors = [shares.prefix(n), shares.suffix(m)].map {
      Estimate(meanOf: Array($0), unit: "").standardError
    }
    standardError = (errors[0] * errors[0] + errors[1] * errors[1]).squareRoot()
  }

  /// 1 for the members of the first group, 0 for the others: the true division, then random ones, [count, 1 +
  /// permutations].
  private static func groups(
    _ first: Int, of count: Int, permutations: Int, using generator: Generator
  ) -> Tensor {
    let device = generator.device
    let columns = (0...permutations).map { number in
      let order =
        number == 0
        ? Tensor.range(to: Double(count), type: .int64, device: device)
        : Tensor.randomPermutation(count, using: generator)
      return order.isLess(than: Double(first)).converted(to: .float32)
    }
    return Tensor.stack(columns, over: 1)
  }

  /// The median distance between samples of both together, by at most a thousand of them: the usual width of
  /// a Gaussian kernel. Gretton et al. 2012, section 8. 1 where that is 0.
  package static func medianDistance(_ x: Tensor, _ y: Tensor, using generator: Generator) -> Double {
    let all = Tensor.concatenate([x, y], over: 0)
    let count = min(1000, all.size(0))
    let some = all.gathered(
      Tensor.randomPermutation(all.size(0), using: generator).narrowed(0, from: 0, length: count))
    let pairs = count * (count - 1) / 2
    // Each pair stands twice in the matrix, after the zeros of its diagonal.
    let median = some.distances(to: some).reshaped([-1]).smallest(count + pairs, over: 0).item()
    return median > 0 ? median : 1
  }
}
