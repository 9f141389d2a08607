import ElboDistributions
import Torch

/// p(z) by invertible maps of N(0, I) that are learned with the model: couplings in turn. Chen et al. 2017, section 2.2,
/// with the maps of Dinh et al. 2017.
public struct FlowPrior: DensityPrior {
  /// The number of latent dimensions.
  public let latentDimension: Int
  let maps: [CouplingFlow]
  private let device: Device

  init(latentDimension: Int, length: Int, hidden: [Int], using generator: Generator) {
    self.latentDimension = latentDimension
    device = generator.device
    maps = (0..<length).map {
      CouplingFlow(
        dimension: latentDimension, context: 0, keepsEven: $0 % 2 == 0, hidden: hidden, using: generator)
    }
  }

  /// The distribution as the maps have it now.
  public var distribution: any Distribution {
    CoupledNormal(base: StandardNormal(dimension: latentDimension, device: device), maps: maps)
  }
}

/// The image of a standard normal distribution under couplings.
private struct CoupledNormal: Distribution {
  let base: StandardNormal
  let maps: [CouplingFlow]

  var batchShape: Shape { [] }
  var eventShape: Shape { base.eventShape }
  var isReparameterised: Bool { true }

  func sample(_ sampleShape: Shape, using generator: Generator) -> Tensor {
    let count = sampleShape.reduce(1, *)
    let start = base.sample([count], using: generator)
    let z = maps.reduce(start) { z, map in map(z, context: nothing(z)).z }
    return z.reshaped(sampleShape + eventShape)
  }

  func logDensity(at value: Tensor) -> Tensor {
    let rows = value.reshaped([-1] + eventShape)
    let (z, logDeterminant) = maps.reversed().reduce(
      (rows, Tensor.zeros([rows.size(0)], device: rows.device))
    ) {
      state, map in
      let (z, logDeterminant) = map.inverse(state.0, context: nothing(state.0))
      return (z, state.1 + logDeterminant)
    }
    return (base.logDensity(at: z) + logDeterminant).reshaped(Array(value.shape.dropLast()))
  }

  /// A context of no values.
  private func nothing(_ z: Tensor) -> Tensor { Tensor.zeros([z.size(0), 0], device: z.device) }
}

extension Priors {
  static func flow(_ plan: PriorPlan) throws(ConfigurationError) -> any Prior {
    guard plan.latentDimension >= 2 else {
      throw ConfigurationError("a coupling needs 2 latent dimensions or more", at: "latent.dimension")
    }
    return FlowPrior(
      latentDimension: plan.latentDimension, length: plan.options.flowLength, hidden: plan.options.flowHidden,
      using: plan.generator)
  }
}
