import ElboDistributions
import Torch

/// A family of densities on the latent space, one of which is fitted to codes once the model is trained, to be sampled from
/// instead of the prior. Ghosh et al. 2020, section 4; Dai and Wipf 2019, section 4.
public protocol AggregateDensity: Sendable {
  /// The density fitted to codes [n, latentDimension].
  ///
  /// - Throws: `ConfigurationError` where codes of such a number or dimension cannot be fitted.
  func fit(_ codes: Tensor, using generator: Generator) throws(ConfigurationError) -> AggregateFit
}

/// A density that was fitted to codes.
public struct AggregateFit {
  /// The distribution of one z, in single precision, with no batch dimensions.
  public let distribution: any Distribution
  /// What was fitted and how, as a phrase.
  public let summary: String
}

/// What the kinds of densities are built from.
public struct AggregateOptions: Sendable, Hashable {
  /// The number of components of a mixture, 1 to 1000.
  public var components = 10

  /// The defaults.
  public init() {}
}

/// The kinds of densities, by name. A new kind is one file and one line here.
public enum AggregateDensities {
  static let builders: [String: @Sendable (AggregateOptions) -> any AggregateDensity] = [
    "mixture": { NormalMixtureDensity(components: $0.components) },
    "flow": { _ in FlowDensity() },
  ]

  /// The names of the kinds.
  public static var names: [String] { builders.keys.sorted() }

  /// The family that a name and options stand for.
  ///
  /// - Throws: `ConfigurationError` for an unknown name, or a number that makes no sense.
  public static func build(
    _ kind: String, _ options: AggregateOptions = AggregateOptions()
  ) throws(ConfigurationError) -> any AggregateDensity {
    guard let builder = builders[kind] else {
      throw .unknown("density", kind, known: names + ["prior"], at: "--from")
    }
    guard (1...1000).contains(options.components) else {
      throw ConfigurationError("\(options.components) is not 1 to 1000", at: "--components")
    }
    return builder(options)
  }
}
