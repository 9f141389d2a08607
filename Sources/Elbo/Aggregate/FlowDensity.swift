import ElboDistributions
import Torch

/// Invertible maps of N(0, I), couplings in turn, made likely by gradient descent on whitened codes. The maps are those of
/// Dinh et al. 2017.
///
/// A tenth of the codes is held out; the parameters that make those most likely are kept, and as the maps start from the
/// identity, they are never worse there than a normal distribution with the codes' mean and covariance.
public struct FlowDensity: AggregateDensity {
  /// The number of maps.
  public var length = 8
  /// The widths of each map's network.
  public var hidden = [64, 64]
  /// The number of updates.
  public var steps = 2000
  /// The codes of an update.
  public var batchSize = 256
  /// Adam's learning rate at the start; it falls to 0 along a cosine.
  public var learningRate = 2e-3
  /// The updates between two looks at the codes held out.
  public var checkEvery = 50

  /// The defaults.
  public init() {}

  /// The maps of the step that suited the codes held out best.
  public func fit(_ codes: Tensor, using generator: Generator) throws(ConfigurationError) -> AggregateFit {
    let (count, dimension) = (codes.size(0), codes.size(1))
    guard dimension >= 2 else {
      throw ConfigurationError(
        "a flow of couplings needs 2 latent dimensions or more", at: "--from", remedy: "use --from mixture")
    }
    guard count >= 2 else {
      throw ConfigurationError("a flow is fitted to 2 codes or more, and there is one", at: "--from")
    }
    let order = codes.gathered(Tensor.randomPermutation(count, using: generator))
    let held = max(1, count / 10)
    let heldOut = order.narrowed(0, from: 0, length: held)
    let fitted = order.narrowed(0, from: held, length: count - held)

    let flow = FlowPrior(latentDimension: dimension, length: length, hidden: hidden, using: generator)
    flow.becomeIdentity()
    let distribution = Self.unwhitened(flow.distribution, fitted)
    let best = train(flow.parameters, of: distribution, on: fitted, judgedBy: heldOut, using: generator)
    return AggregateFit(
      distribution: distribution,
      summary:
        "flow of \(length) couplings, fitted to \(fitted.size(0)) codes by \(best) of \(steps) steps, the best for "
        + "\(held) others")
  }

  /// Moves the parameters, and leaves them as they were at the best step, whose number it gives.
  private func train(
    _ parameters: ParameterGroup, of distribution: any Distribution, on codes: Tensor,
    judgedBy heldOut: Tensor,
    using generator: Generator
  ) -> Int {
    let optimiser = Adam(parameters)
    let schedule = Schedule.cosine(steps: steps, floor: 0)
    func judged() -> Double { withoutGradients { distribution.logDensity(at: heldOut).mean().item() } }
    func copies() -> [Tensor] { parameters.tensors.map { $0.detached().cloned() } }
    var best = (step: 0, value: judged(), parameters: copies())
    for step in 0..<steps {
      let rows = Tensor.randomIntegers(below: codes.size(0), shape: [batchSize], using: generator)
      let loss = -distribution.logDensity(at: codes.gathered(rows)).mean()
      optimiser.step(
        gradients: gradient(of: loss, withRespectTo: parameters.tensors),
        rate: learningRate * schedule.value(at: step))
      guard (step + 1) % checkEvery == 0 || step + 1 == steps else { continue }
      let value = judged()
      if value > best.value { best = (step + 1, value, copies()) }
    }
    for (tensor, kept) in zip(parameters.tensors, best.parameters) { tensor.copy(from: kept) }
    return best.step
  }

  /// A distribution of whitened codes as one of the codes themselves, by their mean and covariance.
  private static func unwhitened(_ base: any Distribution, _ codes: Tensor) -> any Distribution {
    func image(_ base: some Distribution) -> any Distribution {
      let precise = codes.converted(to: .float64)
      let mean = precise.mean(over: [0])
      let deviations = precise - mean
      // Codes that leave directions unused still have a factor.
      let floor = Swift.max(1e-6 * deviations.squared().mean().item(), 1e-12)
      let covariance =
        deviations.transposed().matmul(deviations) / Double(codes.size(0))
        + Tensor.identity(codes.size(1), type: .float64, device: codes.device) * floor
      return AffineImage(
        of: base, shift: mean.converted(to: .float32),
        scaleTriangle: covariance.cholesky().converted(to: .float32))
    }
    return image(base)
  }
}

extension FlowPrior {
  /// Makes every map leave z as it is, by zeros in its network's last layer. Kingma and Dhariwal 2018, section 3.3.
  func becomeIdentity() {
    for layer in maps.compactMap(\.network.layers.last) {
      layer.weight.tensor.fill(0)
      layer.bias.tensor.fill(0)
    }
  }
}
