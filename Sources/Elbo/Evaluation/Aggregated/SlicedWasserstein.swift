import Torch

/// The sliced Wasserstein distance of order 2,
///
///     SW_2 = (E_theta W_2^2(theta X, theta Y))^(1/2),
///
/// theta uniform on the unit sphere; along each theta W_2 is between the sorted samples. Bonneel et al. 2015.
///
/// Bias: upwards, by the distance of equally many samples of one distribution, which for n samples falls as
/// n^(-1/2). Variance: the first term of its expansion, by the Kantorovich potentials (Manole et al. 2022),
/// and that over directions; too small where the distributions are the same, as that term is 0 there.
package struct SlicedWasserstein {
  /// The distance.
  package let value: Double
  /// Its standard error.
  package let standardError: Double

  /// Compares samples [n, d] and [n, d] along directions [k, d] of length 1.
  package init(_ x: Tensor, _ y: Tensor, along directions: Tensor) {
    let n = x.size(0)
    precondition(y.size(0) == n, "\(n) and \(y.size(0)) samples cannot be paired")
    var potentials = [[Double](repeating: 0, count: n), [Double](repeating: 0, count: n)]
    var squares: [Double] = []
    for place in 0..<directions.size(0) {
      let direction = directions.narrowed(0, from: place, length: 1).converted(to: .float64).transposed()
      let (a, b) = (Self.sorted(x, direction), Self.sorted(y, direction))
      squares.append(zip(a.values, b.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(n))
      Self.add(potentialOf: a, against: b, to: &potentials[0])
      Self.add(potentialOf: b, against: a, to: &potentials[1])
    }
    let mean = Estimate(meanOf: squares, unit: "")
    value = mean.value.squareRoot()
    let scale = 1 / Double(squares.count)
    let errors = potentials.map { potential in
      Estimate(meanOf: potential.map { $0 * scale }, unit: "").standardError
    }
    let overDirections = x.size(1) == 1 ? 0 : mean.standardError
    let error = (errors + [overDirections]).reduce(0) { $0 + $1 * $1 }.squareRoot()
    standardError = value > 0 ? error / (2 * value) : 0
  }

  /// Directions drawn uniformly from the unit sphere: [count, dimension].
  package static func directions(_ count: Int, _ dimension: Int, using generator: Generator) -> Tensor {
    let normal = Tensor.standardNormal([count, dimension], using: generator, type: .float64)
    return normal / normal.squared().sum(over: [1], keeping: true).sqrt()
  }

  private typealias Projection = (values: [Double], order: [Int64])

  private static func sorted(_ z: Tensor, _ direction: Tensor) -> Projection {
    let projected = z.converted(to: .float64).matmul(direction).squeezed(1)
    let order = projected.argSort(over: 0)
    return (projected.gathered(order).values(as: Double.self), order.values(as: Int64.self))
  }

  /// The potential phi with phi' (t) = 2 (t - T(t)), T the map of one projection onto the other, at each
  /// sample: what more of it there would add to W_2^2.
  private static func add(potentialOf a: Projection, against b: Projection, to total: inout [Double]) {
    var potential = 0.0
    for place in a.values.indices {
      if place > 0 {
        let step = a.values[place] - a.values[place - 1]
        potential += step * (a.values[place] - b.values[place] + a.values[place - 1] - b.values[place - 1])
      }
      total[Int(a.order[place])] += potential
    }
  }
}
