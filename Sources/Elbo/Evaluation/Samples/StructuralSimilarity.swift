import ElboData
import Foundation
import Torch

/// The structural similarity of two images, 1 where they are equal: the mean over places and channels of
///
///     (2 m_x m_y + c_1) (2 s_xy + c_2) / ((m_x^2 + m_y^2 + c_1) (s_x^2 + s_y^2 + c_2)),
///
/// means m and covariances s under a Gaussian window of 11 x 11 pixels and standard deviation 1.5 that lies
/// within the image, c_1 = (.01 L)^2, c_2 = (.03 L)^2, L the range of values. Wang et al. 2004, eq. 13 and
/// section III C.
///
/// A number of each pair, without bias of its own; the mean's variance is that over examples.
package struct StructuralSimilarity {
  private let shape: ImageShape
  private let range: Double
  private let window: Tensor

  /// The side of the window, and of the smallest image.
  package static let side = 11

  /// - Parameters:
  ///   - shape: the images' sizes, no side below 11.
  ///   - range: the difference of white and black.
  package init(_ shape: ImageShape, range: Double, device: Device = .cpu) {
    precondition(min(shape.height, shape.width) >= Self.side, "the window lies within the image")
    self.shape = shape
    self.range = range
    let line = (0..<Self.side).map { exp(-pow(Double($0 - Self.side / 2) / 1.5, 2) / 2) }
    let total = line.reduce(0, +)
    let weights = line.flatMap { row in line.map { row * $0 / (total * total) } }
    window = Tensor(weights, shape: [1, 1, Self.side, Self.side]).moved(to: device)
  }

  /// The similarity of each pair of rows [n, features]: [n].
  package func callAsFunction(_ x: Tensor, _ y: Tensor) -> Tensor {
    func planes(_ z: Tensor) -> Tensor {
      z.converted(to: .float64).reshaped([-1, 1, shape.height, shape.width])
    }
    func mean(_ z: Tensor) -> Tensor { z.convolution(weight: window, bias: nil) }
    let (x, y) = (planes(x), planes(y))
    let (meanX, meanY) = (mean(x), mean(y))
    let varianceX = mean(x.squared()) - meanX.squared()
    let varianceY = mean(y.squared()) - meanY.squared()
    let covariance = mean(x * y) - meanX * meanY
    let (c1, c2) = (pow(0.01 * range, 2), pow(0.03 * range, 2))
    let above = (meanX * meanY * 2 + c1) * (covariance * 2 + c2)
    let below = (meanX.squared() + meanY.squared() + c1) * (varianceX + varianceY + c2)
    return (above / below).reshaped([x.size(0) / shape.channels, -1]).mean(over: [1])
  }
}
