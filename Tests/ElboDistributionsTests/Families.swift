import ElboDistributions
import Torch

/// Every kind and parameterisation of distribution, by the name it has in the golden file.
let families = [
  "Normal.scale", "Normal.logScale", "Normal.logVariance", "DiagonalNormal.scale", "DiagonalNormal.logScale",
  "DiagonalNormal.logVariance", "FullCovarianceNormal.scaleTriangle", "StandardNormal", "Bernoulli.logits",
  "Bernoulli.clipped", "ContinuousBernoulli", "Categorical", "OneHotCategorical", "Uniform",
  "Mixture.DiagonalNormal", "Mixture.Normal", "Independent.Bernoulli", "Independent.ContinuousBernoulli",
  "Independent.FullCovarianceNormal",
]

/// The distribution of this name with parameters by name.
func makeDistribution(_ name: String, _ parameters: [String: Tensor]) throws -> any Distribution {
  func parameter(_ key: String) throws -> Tensor {
    guard let tensor = parameters[key] else { throw UnknownName(name: "\(name): \(key)") }
    return tensor
  }
  switch name {
  case "Normal", "Normal.scale":
    return Normal(mean: try parameter("mean"), scale: try parameter("scale"))
  case "Normal.logScale":
    return Normal(mean: try parameter("mean"), logScale: try parameter("logScale"))
  case "Normal.logVariance":
    return Normal(mean: try parameter("mean"), logVariance: try parameter("logVariance"))
  case "DiagonalNormal", "DiagonalNormal.scale":
    return DiagonalNormal(mean: try parameter("mean"), scale: try parameter("scale"))
  case "DiagonalNormal.logScale":
    return DiagonalNormal(mean: try parameter("mean"), logScale: try parameter("logScale"))
  case "DiagonalNormal.logVariance":
    return DiagonalNormal(mean: try parameter("mean"), logVariance: try parameter("logVariance"))
  case "FullCovarianceNormal", "FullCovarianceNormal.scaleTriangle":
    return FullCovarianceNormal(
      mean: try parameter("mean"), scaleTriangle: try parameter("scaleTriangle"))
  case "StandardNormal":
    return StandardNormal(dimension: Int(try parameter("dimension").item()), type: .float64)
  case "Bernoulli", "Bernoulli.logits": return Bernoulli(logits: try parameter("logits"))
  case "ClippedBernoulli", "Bernoulli.clipped":
    return Bernoulli(logits: try parameter("logits"), clippedBy: 1e-6)
  case "ContinuousBernoulli": return ContinuousBernoulli(logits: try parameter("logits"))
  case "Categorical": return Categorical(logits: try parameter("logits"))
  case "OneHotCategorical": return OneHotCategorical(logits: try parameter("logits"))
  case "Uniform": return Uniform(low: try parameter("low"), high: try parameter("high"))
  case "Mixture.DiagonalNormal":
    let components = DiagonalNormal(mean: try parameter("mean"), scale: try parameter("scale"))
    return Mixture(logits: try parameter("logits"), components: components)
  case "Mixture.Normal":
    let components = Normal(mean: try parameter("mean"), scale: try parameter("scale"))
    return Mixture(logits: try parameter("logits"), components: components)
  case "Independent.Bernoulli":
    let logits = try parameter("logits")
    let event = parameters["eventDimensions"].map { Int($0.item()) } ?? 1
    return Independent(Bernoulli(logits: logits), reinterpreting: event)
  case "Independent.ContinuousBernoulli":
    return Independent(ContinuousBernoulli(logits: try parameter("logits")), reinterpreting: 2)
  case "Independent.Normal":
    return Independent(
      Normal(mean: try parameter("mean"), scale: try parameter("scale")), reinterpreting: 1)
  case "Independent.FullCovarianceNormal":
    return Independent(
      FullCovarianceNormal(mean: try parameter("mean"), scaleTriangle: try parameter("scaleTriangle")),
      reinterpreting: 1)
  default: throw UnknownName(name: name)
  }
}

struct UnknownName: Error {
  let name: String
}

/// One case of a family in the golden file.
struct GoldenCase {
  let name: String
  let distribution: any Distribution
  /// The parameters, which ask for gradients.
  let parameters: [String: Tensor]
  let fields: [String: Tensor]

  static func all(of family: String) throws -> [GoldenCase] {
    try Golden().cases(of: family).map { name, fields in
      let parameters = fields.prefixed("parameter.").mapValues { $0.leaf() }
      var arguments = parameters
      if family == "StandardNormal", let value = fields["value"] {
        arguments["dimension"] = Tensor(Double(value.size(-1)))
      }
      if family == "Independent.Bernoulli" { arguments["eventDimensions"] = Tensor(2) }
      return GoldenCase(
        name: name, distribution: try makeDistribution(family, arguments), parameters: parameters,
        fields: fields)
    }
  }
}
