import ElboData
import ElboDistributions
import Foundation
import Torch

/// Integrals over a latent space of 1 or 2 dimensions by the midpoint rule on a grid over [-7, 7]^d. Of smooth
/// functions that vanish at the ends its error falls faster than any power of the cells' width; posteriors narrower
/// than two cells (.03 on points, .02 on images) are beyond it.
package struct Quadrature {
  private let model: any LatentVariableModel
  private let prior: (any Distribution)?
  /// The grid's half width: beyond it a standard normal has less than 1e-11 of its mass.
  private let reach = 7.0
  /// Grid points along each axis, and examples: fine enough for the narrow posteriors of images, where fewer
  /// examples pay for it.
  private let budget = (points: (toy: 1_001, image: 1_201), examples: 1_000)

  package init(_ model: any LatentVariableModel) {
    self.model = model
    prior = model.priorDistribution
  }

  /// Why a model has no integrals by quadrature; nil where it has.
  package static func obstacle(_ model: any LatentVariableModel) -> String? {
    if model.latentDimension > 2 {
      return "quadrature serves 1 or 2 latent dimensions, and this model has \(model.latentDimension)"
    }
    if model.decoderClasses != nil { return "the decoder is told the class" }
    return model.priorDistribution == nil ? "the prior has no density" : nil
  }

  /// log p(x) of each example; of the first thousand where more than a thousand differ.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  package func logLikelihoods(of dataset: Dataset) throws -> [Double] {
    guard isToy(dataset.featureCount), let (rows, places) = try dataset.distinct(atMost: budget.examples)
    else { return logLikelihoods(of: dataset.prefix(budget.examples).features) }
    let values = logLikelihoods(of: rows.features)
    return places.map { values[$0] }
  }

  /// log p(x) of each row [n, features].
  func logLikelihoods(of x: Tensor) -> [Double] {
    let points = points(x)
    var total: Tensor?
    for z in strips(points, x.device) {
      let strip = joint(x, z).logSumExp(over: [1])
      total = total.map { Tensor.stack([$0, strip]).logSumExp(over: [0]) } ?? strip
    }
    return (total! + logCell(points)).values(as: Double.self)
  }

  /// The integrals of q log (q / p(z)) and of q log (q / p(z|x)) for each row of x [n, features], in nats: what the
  /// optimal discriminator log q(z|x) - log p(z) is on average, and how far q(z|x) is from the true posterior.
  ///
  /// - Parameter posterior: q(z|x), batch shape [n].
  func divergences(
    of posterior: any Distribution, given x: Tensor
  ) -> (fromPrior: [Double], fromPosterior: [Double]) {
    let points = points(x)
    let cell = exp(logCell(points))
    var fromPrior = Tensor.zeros([x.size(0)], type: .float64, device: x.device)
    var fromJoint = fromPrior
    for z in strips(points, x.device) {
      // Where q vanishes its logarithm must not make 0 times infinity.
      let logQ = posterior.logDensity(at: z.unsqueezed(1)).converted(to: .float64).clamped(from: -700)
      let weight = logQ.exp() * cell  // [points, n]
      let logPrior = prior!.logDensity(at: z).converted(to: .float64).unsqueezed(1)
      fromPrior = fromPrior + (weight * (logQ - logPrior)).sum(over: [0])
      fromJoint = fromJoint + (weight * (logQ - joint(x, z).transposed())).sum(over: [0])
    }
    let evidence = Tensor(logLikelihoods(of: x), shape: [x.size(0)]).moved(to: x.device)
    return (fromPrior.values(as: Double.self), (fromJoint + evidence).values(as: Double.self))
  }

  /// Samples of the true posterior p(z|x) of one row [1, features]: a cell of a grid of 401 points along each axis by its
  /// probability, and a place within it. [count, latentDimension].
  package func posteriorSamples(given x: Tensor, _ count: Int, using generator: Generator) -> Tensor {
    let points = model.latentDimension == 1 ? 20_001 : 401
    let z = Tensor.concatenate(Array(strips(points, x.device)), over: 0)
    let cells = Tensor.categorical(
      weights: joint(x, z).softmax(over: 1), count: count, using: generator
    ).reshaped([count])
    let within = Tensor.uniform([count, model.latentDimension], using: generator) - 0.5
    return z.gathered(cells) + within * (2 * reach / Double(points))
  }

  /// log p(x|z) + log p(z) of every row and place: float64 [n, points].
  private func joint(_ x: Tensor, _ z: Tensor) -> Tensor {
    (model.logLikelihoods(of: x, given: z) + prior!.logDensity(at: z))
      .converted(to: .float64)
  }

  private func isToy(_ features: Int) -> Bool { features <= 16 }

  private func points(_ x: Tensor) -> Int {
    model.latentDimension == 1 ? 100_001 : (isToy(x.size(1)) ? budget.points.toy : budget.points.image)
  }

  private func logCell(_ points: Int) -> Double {
    Double(model.latentDimension) * log(2 * reach / Double(points))
  }

  /// The grid, one strip at a time: [points of a strip, latentDimension].
  private func strips(_ points: Int, _ device: Device) -> some Sequence<Tensor> {
    let axis = (Tensor.range(to: Double(points), device: device) + 0.5) * (2 * reach / Double(points)) - reach
    let isLine = model.latentDimension == 1
    return stride(from: 0, to: points, by: isLine ? 4096 : 1).lazy.map { start in
      isLine
        ? axis.narrowed(0, from: start, length: Swift.min(4096, points - start)).unsqueezed(1)
        : Tensor.stack(
          [axis, axis.narrowed(0, from: start, length: 1).expanded(to: [points])], over: 1)
    }
  }
}

extension Dataset {
  /// The distinct examples, and for each example the row of its like; nil where more than `limit` differ.
  ///
  /// - Throws: `DataError` where examples cannot be fetched.
  package func distinct(atMost limit: Int) throws -> (rows: Dataset, places: [Int])? {
    var rows: [[Float]: Int] = [:]
    var firsts: [Int] = []
    var places: [Int] = []
    try forEachBatch(of: 500) { batch in
      guard firsts.count <= limit else { return }
      let values = batch.x.values(as: Float.self)
      for start in stride(from: 0, to: values.count, by: featureCount) {
        let row = Array(values[start..<start + featureCount])
        if rows[row] == nil {
          rows[row] = firsts.count
          firsts.append(places.count)
        }
        places.append(rows[row]!)
      }
    }
    return firsts.count <= limit ? (examples(at: firsts), places) : nil
  }
}
