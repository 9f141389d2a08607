extension RunConfiguration {
  /// The dotted names of all keys: "training.steps".
  public static var keys: [String] { RunConfiguration().settings.keys.sorted() }

  /// The values that a key can have, where they are few; none for numbers and for unknown keys.
  public static func knownValues(of key: String) -> [String] {
    let kinds: [String: [String]] = [
      "posterior.kind": Array(Posteriors.builders.keys) + ["universal-approximator"],
      "prior.kind": Array(Priors.builders.keys),
      "likelihood.kind": Array(Likelihoods.builders.keys),
      "divergence.kind": Array(Divergences.composers.keys),
      "encoder.kind": Array(Networks.encoders.keys), "decoder.kind": Array(Networks.decoders.keys),
      "discriminator.kind": Array(PairDiscriminators.builders.keys), "data.name": Array(DataSources.all.keys),
    ]
    if let known = kinds[key] ?? choices[key] { return known.sorted() }
    return ["true", "false"].contains(RunConfiguration().settings[key]) ? ["true", "false"] : []
  }
}
