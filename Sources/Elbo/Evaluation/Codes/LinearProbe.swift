import Foundation
import Torch

/// Multinomial logistic regression of classes on standardised codes: what a linear classifier can read off
/// them. Alain and Bengio 2017.
///
/// Minimises -1/n sum_i log p(y_i|z_i) + 1/(2 n C) |W|^2, C = 1, the biases free, by Newton steps with the
/// fixed bound of the curvature of Böhning 1992, accelerated (Nesterov 1983), until no slope exceeds 1e-7.
///
/// Bias of its accuracy: a lower bound of what any linear rule reaches. Variance: that of a mean over the
/// codes that are judged.
package struct LinearProbe {
  private let mean: Tensor
  private let scale: Tensor
  private let weights: Tensor

  /// - Parameters:
  ///   - codes: labelled codes, [n, d].
  ///   - labels: their classes, from 0.
  package init(_ codes: Tensor, labels: [Int]) {
    let n = Double(labels.count)
    let device = codes.device
    let precise = codes.converted(to: .float64)
    mean = precise.mean(over: [0])
    // A dimension that never varies says nothing, whatever it is divided by.
    scale = precise.variance(over: [0], correction: 0).sqrt().clamped(from: 1e-12)
    let x = Self.extended((precise - mean) / scale)
    let y = Tensor(labels.map(Int64.init), shape: [labels.count]).moved(to: device)
      .oneHot(classes: labels.max()! + 1).converted(to: .float64)
    let penalty = Tensor.concatenate(
      [
        Tensor.full(1 / n, shape: [codes.size(1)], type: .float64, device: device),
        Tensor.zeros([1], type: .float64, device: device),
      ], over: 0)
    let curvature = (x.transposed().matmul(x) * (0.5 / n) + penalty.diagonalEmbedded()).cholesky()
    func step(_ slope: Tensor) -> Tensor {
      curvature.transposed().solveTriangular(curvature.solveTriangular(slope), upper: true)
    }
    func slope(_ w: Tensor) -> Tensor {
      x.transposed().matmul(x.matmul(w).softmax(over: 1) - y) / n + penalty.unsqueezed(1) * w
    }
    var (w, before) = (Tensor.zeros([x.size(1), y.size(1)], type: .float64, device: device), 1.0)
    var ahead = w
    for _ in 0..<5_000 {
      let gradient = slope(ahead)
      if gradient.abs().max().item() < 1e-7 { break }
      let next = ahead - step(gradient)
      // Momentum that points uphill is dropped: O'Donoghue and Candes 2015.
      let isUphill = (gradient * (next - w)).sum().item() > 0
      let momentum = isUphill ? 1 : (1 + (1 + 4 * before * before).squareRoot()) / 2
      ahead = isUphill ? next : next + (next - w) * ((before - 1) / momentum)
      (w, before) = (next, momentum)
    }
    weights = ahead
  }

  /// p(y|z) for codes [m, d]: [m, classes].
  package func probabilities(of z: Tensor) -> Tensor {
    Self.extended((z.converted(to: .float64) - mean) / scale).matmul(weights).softmax(over: 1)
  }

  /// The most probable class of each code.
  package func classes(of z: Tensor) -> [Int] {
    probabilities(of: z).argMax(over: 1).values(as: Int64.self).map { Int($0) }
  }

  /// With a last column of ones, for the biases.
  private static func extended(_ z: Tensor) -> Tensor {
    Tensor.concatenate([z, Tensor.ones([z.size(0), 1], type: .float64, device: z.device)], over: 1)
  }
}
