import Torch

extension Evaluator.Metric {
  /// E log p(x|z) - D, z one sample of q(z|x): unbiased for the evidence lower bound where D is a KL
  /// divergence. Kingma and Welling 2014, eq. 3. With D by a discriminator it is no bound and can exceed log
  /// p(x).
  static let elbo = Self(
    summary: "evidence lower bound; by the discriminator, an estimate that is no bound", effort: .onePass,
    obstacle: { $0.divergence == nil ? withoutDivergence : nil },
    estimate: { evaluator in
      Estimate(
        meanOf: try evaluator.perExample { $0.reconstruction - $0.divergence!.values }, unit: "nats/example")
    })

  /// E log p(x|z), z one sample of q(z|x). Unbiased.
  static let reconstruction = Self(
    summary: "E log p(x|z) under the posterior", effort: .onePass, obstacle: { _ in nil },
    estimate: { evaluator in
      Estimate(meanOf: try evaluator.perExample(\.reconstruction), unit: "nats/example")
    })

  /// KL(q(z|x), p(z)) from both densities. Unbiased.
  static let kl = Self(
    summary: "KL divergence of the posterior from the prior", effort: .onePass,
    obstacle: { $0.divergence?.name == .kl ? nil : "the posterior has no density" },
    estimate: { evaluator in
      Estimate(meanOf: try evaluator.perExample { $0.divergence!.values }, unit: "nats/example")
    })

  /// E T(x, z): KL(q(z|x), p(z)) where T is optimal, else off by an unknown amount. Mescheder et al. 2017,
  /// eq. 3.4.
  static let logDensityRatio = Self(
    summary: "the discriminator's estimate of the KL divergence", effort: .onePass,
    obstacle: { $0.divergence?.name == .logDensityRatio ? nil : "there is no discriminator of x and z" },
    estimate: { evaluator in
      Estimate(meanOf: try evaluator.perExample { $0.divergence!.values }, unit: "nats/example")
    })

  /// The squared error of E[x|z], z one sample of q(z|x), averaged over features.
  static let mse = Self(
    summary: "squared error of the mean reconstruction", effort: .onePass, obstacle: { _ in nil },
    estimate: { evaluator in
      Estimate(meanOf: try evaluator.perExample { $0.squaredError() }, unit: "squared units/feature")
    })

  private static let withoutDivergence =
    "this divergence is one of the aggregated posterior, which bounds no likelihood"
}
