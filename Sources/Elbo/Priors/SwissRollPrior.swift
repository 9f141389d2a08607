import Foundation
import Torch

/// A spiral in the plane: at t uniform on (0, 1), radius reach sqrt(t) and angle 3 pi sqrt(t), with a little
/// normal noise; other dimensions are N(0, 1). Its density has no simple form. Makhzani et al. 2015, figure 4
/// B.
///
/// Given a class k of K, t is uniform on (k/K, (k+1)/K): a stretch of the spiral.
public struct SwissRollPrior: Prior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  /// A class for each stretch.
  public var classCount: Int { classes }
  private let classes: Int
  private let reach: Double
  private let noise = 0.1
  private let device: Device
  /// Turns of the spiral, in radians.
  private let sweep = 3 * Double.pi

  /// A spiral cut into as many stretches as there are classes.
  public init(latentDimension: Int, classes: Int, reach: Double, device: Device = .cpu) {
    precondition(latentDimension >= 2, "a spiral needs a plane")
    self.latentDimension = latentDimension
    self.classes = classes
    self.reach = reach
    self.device = device
  }

  /// Independent samples: [count, latentDimension].
  public func sample(_ count: Int, using generator: Generator) -> Tensor {
    place(Tensor.uniform([count], using: generator), using: generator)
  }

  /// Samples of the stretch of each row's class; of the whole spiral where there is no class.
  public func sample(labels: Tensor, using generator: Generator) -> Tensor {
    let uniform = Tensor.uniform([labels.size(0)], using: generator)
    let stretch = (labels.converted(to: .float32) + uniform) / Double(classes)
    return place(labels.isAtLeast(0).select(stretch, otherwise: uniform), using: generator)
  }

  /// Evenly along each stretch of the spiral, without noise.
  public func walk(_ count: Int) -> Tensor? {
    let t = (Tensor.range(to: Double(classes * count), device: device) + 0.5) / Double(classes * count)
    let rest = Tensor.zeros([classes * count, latentDimension - 2], device: device)
    return Tensor.concatenate([spiral(t), rest], over: 1)
  }

  private func spiral(_ t: Tensor) -> Tensor {
    let root = t.sqrt()
    let (radius, angle) = (root * reach, root * sweep)
    return Tensor.stack([radius * angle.cos(), radius * angle.sin()], over: 1)
  }

  private func place(_ t: Tensor, using generator: Generator) -> Tensor {
    let plane = spiral(t)
    let rest = Tensor.standardNormal([t.size(0), latentDimension - 2], using: generator)
    let blur = Tensor.standardNormal([t.size(0), 2], using: generator) * noise
    return Tensor.concatenate([plane + blur, rest], over: 1)
  }
}

extension Priors {
  static func swissRoll(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard plan.latentDimension >= 2 else {
      throw ConfigurationError("a spiral needs 2 latent dimensions or more", at: "latent.dimension")
    }
    return SwissRollPrior(
      latentDimension: plan.latentDimension, classes: max(1, plan.shape.classes), reach: plan.options.reach,
      device: plan.device)
  }
}
