import ElboData
import ElboDistributions
import Foundation
import Torch

extension Evaluator.Metric {
  /// log p(x) = log of the integral of p(x|z) p(z) dz by the midpoint rule on a grid over [-7, 7]^d, d <= 2.
  /// Its error is that of the grid; the standard error is that of the mean over examples.
  static let exactLogLikelihood = Self(
    summary: "log p(x) by quadrature over a latent space of 1 or 2 dimensions", effort: .smallOnPoints,
    obstacle: { evaluator in
      if evaluator.model.latentDimension > 2 {
        return
          "quadrature serves 1 or 2 latent dimensions, and this model has \(evaluator.model.latentDimension)"
      }
      if evaluator.model.decoderClasses != nil { return "the decoder is told the class" }
      return evaluator.model.priorDistribution == nil ? "the prior has no density" : nil
    },
    estimate: { evaluator in
      Estimate(
        meanOf: Quadrature(evaluator.model).logLikelihoods(of: evaluator.dataset), unit: "nats/example")
    })
}

/// Integrals over a latent space of 1 or 2 dimensions.
struct Quadrature {
  private let model: any LatentVariableModel
  /// The grid's half width: beyond it a standard normal has less than 1e-11 of its mass.
  private let reach = 7.0
  /// Grid points along each axis, and examples: fine enough for the narrow posteriors of images, where fewer
  /// examples pay for it.
  private let budget = (points: (toy: 1_001, image: 1_201), examples: 1_000)

  init(_ model: any LatentVariableModel) { self.model = model }

  /// log p(x) of each example; of the first thousand where examples are images.
  func logLikelihoods(of dataset: Dataset) -> [Double] {
    let isToy = dataset.featureCount <= 16
    let (rows, places) = isToy ? distinct(dataset) : (dataset.prefix(budget.examples).features, nil)
    let points = model.latentDimension == 1 ? 100_001 : (isToy ? budget.points.toy : budget.points.image)
    let values = logLikelihoods(of: rows, points: points)
    return places.map { $0.map { values[$0] } } ?? values
  }

  private func logLikelihoods(of x: Tensor, points: Int) -> [Double] {
    let width = 2 * reach / Double(points)
    let axis = (Tensor.range(to: Double(points), device: x.device) + 0.5) * width - reach
    let logCell = Double(model.latentDimension) * Foundation.log(width)
    let prior = model.priorDistribution!
    // One strip of the grid at a time.
    let strips =
      model.latentDimension == 1
      ? stride(from: 0, to: points, by: 4096).map {
        axis.narrowed(0, from: $0, length: Swift.min(4096, points - $0)).unsqueezed(1)
      }
      : (0..<points).map { row in
        Tensor.stack([axis, axis.narrowed(0, from: row, length: 1).expanded(to: [points])], over: 1)
      }
    var total: Tensor?
    for z in strips {
      let joint = model.logLikelihoods(of: x, given: z) + prior.logDensity(at: z)
      let strip = joint.converted(to: .float64).logSumExp(over: [1])
      total = total.map { Tensor.stack([$0, strip]).logSumExp(over: [0]) } ?? strip
    }
    return (total! + logCell).values(as: Double.self)
  }

  /// The distinct examples, and for each example the row of its like.
  private func distinct(_ dataset: Dataset) -> (Tensor, [Int]) {
    let values = dataset.features.values(as: Float.self)
    let width = dataset.featureCount
    var rows: [[Float]: Int] = [:]
    var order: [Float] = []
    let places = (0..<dataset.count).map { index in
      let row = Array(values[index * width..<(index + 1) * width])
      if let place = rows[row] { return place }
      rows[row] = rows.count
      order += row
      return rows.count - 1
    }
    return (Tensor(order, shape: [rows.count, width]).moved(to: dataset.device), places)
  }
}
