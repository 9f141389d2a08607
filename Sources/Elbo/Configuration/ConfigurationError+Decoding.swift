import ElboData
import Torch
import Yams

extension ConfigurationError {
  /// What a decoder could not make sense of, in terms of keys and values.
  init(decoding error: DecodingError, in node: Node) {
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      @unknown default: DecodingError.Context(codingPath: [], debugDescription: "")
      }
    let path = context.codingPath.map(\.stringValue)
    let key = path.joined(separator: ".")
    let value = path.reduce(Optional(node)) { $0?[$1] }
    let shown = value?.scalar?.string ?? "a list or mapping"
    if let known = RunConfiguration.choices[key] {
      self = .unknown("value", shown, known: known, at: key)
      return
    }
    let wanted: String
    if case .typeMismatch(let type, _) = error {
      wanted = Self.names[String(describing: type)] ?? "another kind of value"
    } else {
      wanted = "another kind of value"
    }
    self.init("'\(shown)' where \(wanted) belongs", at: key, remedy: "see 'elbo presets NAME' for all keys")
  }

  private static let names = [
    "Int": "an integer", "UInt64": "an integer of 0 or more", "Double": "a number", "Bool": "true or false",
    "String": "a text", "Array<Any>": "a list", "Array<Int>": "a list of integers",
    "Scalar": "a single value",
    "Sequence": "a list", "Mapping": "a mapping of keys to values",
  ]
}

extension RunConfiguration {
  /// The values of the keys that name one of a few.
  static let choices: [String: [String]] = {
    var choices = [
      "variant": names(Variant.self), "device": names(DeviceChoice.self), "precision": names(Precision.self),
      "guard": names(GuardMode.self),
      "data.sampling": names(BatchSampler.Mode.self), "data.partialBatch": names(BatchSampler.LastBatch.self),
      "data.binarisation": names(Binarisation.self), "data.range": names(DataOptions.PixelRange.self),
      "data.checksum": names(DataOptions.Checksum.self),
      "posterior.scale": names(PosteriorOptions.Scale.self),
      "divergence.kl": names(DivergenceOptions.KL.self),
      "divergence.discriminatorUpdates": names(DivergenceOptions.DiscriminatorUpdates.self),
      "divergence.kernel": names(DivergenceOptions.Kernel.self),
      "divergence.betaSchedule.kind": names(ScheduleOptions.Kind.self),
    ]
    for network in ["encoder", "decoder", "discriminator"] {
      choices[network + ".activation"] = names(NetworkOptions.ActivationChoice.self)
      choices[network + ".outputActivation"] = names(NetworkOptions.ActivationChoice.self)
      choices[network + ".initialiser"] = names(Initialiser.self)
    }
    for optimiser in ["optimiser", "discriminatorOptimiser", "supervision.optimiser"] {
      choices[optimiser + ".kind"] = names(OptimiserOptions.Kind.self)
      choices[optimiser + ".schedule.kind"] = names(ScheduleOptions.Kind.self)
    }
    return choices
  }()

  private static func names<Choice: CaseIterable & RawRepresentable<String>>(_: Choice.Type) -> [String] {
    Choice.allCases.map(\.rawValue)
  }
}
