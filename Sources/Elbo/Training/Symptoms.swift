import Foundation

/// What the metrics of one logged step say about the health of a run.
///
/// Saturation: accuracy of 0.99 or more and a discriminator's loss of 0.05 nats or less. The slope of the
/// logistic loss in a logit is at most that sample's loss, so that less than a tenth of the slope at chance is
/// left (0.5 a sample): how large T is has become arbitrary, and with it any divergence that is read off T.
///
/// Collapse: where the model logs the KL divergence, less than 0.05 nats in all dimensions together; the mutual
/// information of x and z is no more than that. Where it logs none, as with a discriminator, reconstructions
/// that explain less than 0.05 of the variance of a batch: the mean example is as near. (A decoder that is told
/// the class explains more with a code that says nothing; its collapse is not seen.) The weight of the
/// divergence plays no part: a small one is no reason for a code that says nothing.
package enum Symptoms {
  /// The thresholds of saturation.
  static let highAccuracy = 0.99
  static let lowLoss = 0.05
  /// The thresholds of collapse: nats, and a fraction of the variance.
  static let lowDivergence = 0.05
  static let lowExplained = 0.05

  /// One symptom that the metrics speak of, there or not.
  package struct Sign {
    package let kind: Finding.Kind
    package let isThere: Bool
    package let metric: MetricName
    package let value: Double
    package let threshold: Double
    let problem: String
    let remedy: String
  }

  /// The symptoms that these metrics can tell of.
  package static func signs(in metrics: [MetricName: Double]) -> [Sign] {
    [saturation(metrics), divergenceCollapse(metrics) ?? reconstructionCollapse(metrics)].compactMap { $0 }
  }

  private static func saturation(_ metrics: [MetricName: Double]) -> Sign? {
    guard let accuracy = metrics[.accuracy], let loss = metrics[.discriminator] else { return nil }
    return Sign(
      kind: .saturatedDiscriminator, isThere: accuracy >= highAccuracy && loss <= lowLoss,
      metric: .discriminator, value: loss, threshold: lowLoss,
      problem: String(
        format:
          "the discriminator is saturated: loss %.2g nats (threshold %.2g), accuracy %.4g (threshold %.2g)",
        loss, lowLoss, accuracy, highAccuracy),
      remedy: "try discriminator.spectralNorm=true, divergence.rules.instanceNoise=0.1, or a smaller "
        + "discriminatorOptimiser.learningRate")
  }

  private static func divergenceCollapse(_ metrics: [MetricName: Double]) -> Sign? {
    guard let kl = metrics[.kl] else { return nil }
    return Sign(
      kind: .collapsedPosterior, isThere: kl < lowDivergence, metric: .kl, value: kl,
      threshold: lowDivergence,
      problem: String(
        format: "the posterior has collapsed: kl %.2g nats in all latents together (threshold %.2g)", kl,
        lowDivergence),
      remedy: "try a smaller divergence.beta, divergence.betaSchedule.kind=warm-up, or divergence.freeBits")
  }

  private static func reconstructionCollapse(_ metrics: [MetricName: Double]) -> Sign? {
    guard let explained = metrics[.explainedVariance] else { return nil }
    return Sign(
      kind: .collapsedPosterior, isThere: explained < lowExplained, metric: .explainedVariance,
      value: explained, threshold: lowExplained,
      problem: String(
        format: "codes say nothing about the examples: they explain %.2g of the variance (threshold %.2g)",
        explained, lowExplained),
      remedy: "try a smaller divergence.beta, divergence.betaSchedule.kind=warm-up, or another "
        + "optimiser.learningRate")
  }
}
