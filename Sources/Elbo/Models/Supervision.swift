import Torch

/// Labelled examples that teach the encoder their classes: updates by the cross-entropy -E log q(y|x), in
/// nats, after those of the divergence. Makhzani et al. 2015, section 5.
struct Supervision {
  /// The updates a step.
  let updates: Int

  /// The phase of these updates.
  func phase<Q: ClassifyingPosterior>(of encoder: Q, _ conditioning: Conditioning) -> Phase {
    Phase(name: "supervision", repeats: updates, examples: .labelled) { context in
      let batch = context.batch
      guard let labels = batch.labels else { preconditionFailure("labelled examples came without labels") }
      let logits = encoder.classLogits(encoder.conditional(given: conditioning.encoderInput(batch)))
      let chosen = logits.logSoftmax(over: 1).gatheredElements(labels.unsqueezed(1), over: 1)
      return PhaseResult(
        objectives: [Objective(name: .classification, value: -chosen.mean(), updates: .classifier)],
        metrics: { [] })
    }
  }
}

extension RunConfiguration {
  /// How labelled examples teach an encoder, for data of a shape; nil where they do not.
  func supervision(_ encoder: any Posterior, _ shape: DataShape) throws(ConfigurationError) -> Supervision? {
    guard supervision.updates > 0 else { return nil }
    guard let classifying = encoder as? any ClassifyingPosterior else {
      throw ConfigurationError(
        "this kind of posterior has no class that examples could teach it", at: "supervision.updates",
        remedy: "use posterior.kind=class-style")
    }
    guard classifying.classes == shape.classes else {
      throw ConfigurationError(
        "the data have \(shape.classes) classes, and the posterior \(classifying.classes)",
        at: "posterior.classes")
    }
    return Supervision(updates: supervision.updates)
  }
}
