import Torch

/// The closed forms of KL(q || p) = E_q(log q(z) - log p(z)), in nats, found by the types of q and p.
///
/// Where the types are known, call `kl(from:to:)`: a pair that has no closed form does not compile. Where
/// they come from a configuration, ask `standard.closedForm(from:to:)`. A new pair takes a file with its
/// `kl(from:to:)` and a line in `standard`; a package that uses this one makes its own registry with
/// `adding(_:)`.
public struct KLDivergence: Sendable {
  private let rules: [KLRule]

  /// A registry of these rules; the first that fits is taken.
  public init(_ rules: [KLRule]) { self.rules = rules }

  /// All pairs of this module's distributions that have a closed form.
  public static let standard = KLDivergence([
    KLRule { (q: DiagonalNormal, p: StandardNormal) in kl(from: q, to: p) },
    KLRule { (q: DiagonalNormal, p: DiagonalNormal) in kl(from: q, to: p) },
    KLRule { (q: StandardNormal, p: DiagonalNormal) in kl(from: q.diagonal, to: p) },
    KLRule { (q: StandardNormal, p: StandardNormal) in kl(from: q.diagonal, to: p) },
    KLRule { (q: Normal, p: Normal) in kl(from: q, to: p) },
    KLRule { (q: FullCovarianceNormal, p: FullCovarianceNormal) in kl(from: q, to: p) },
    KLRule { (q: FullCovarianceNormal, p: DiagonalNormal) in kl(from: q, to: p) },
    KLRule { (q: FullCovarianceNormal, p: StandardNormal) in kl(from: q, to: p) },
    KLRule { (q: DiagonalNormal, p: FullCovarianceNormal) in kl(from: q, to: p) },
    KLRule { (q: StandardNormal, p: FullCovarianceNormal) in kl(from: q.diagonal, to: p) },
    KLRule { (q: Bernoulli, p: Bernoulli) in kl(from: q, to: p) },
    KLRule { (q: ContinuousBernoulli, p: ContinuousBernoulli) in kl(from: q, to: p) },
    KLRule { (q: Categorical, p: Categorical) in kl(from: q, to: p) },
    KLRule { (q: OneHotCategorical, p: OneHotCategorical) in kl(from: q.index, to: p.index) },
    KLRule { (q: Uniform, p: Uniform) in kl(from: q, to: p) },
    KLRule { (q: Independent<Normal>, p: StandardNormal) in q.vectors.map { kl(from: $0, to: p) } },
    KLRule { (q: Independent<Normal>, p: DiagonalNormal) in q.vectors.map { kl(from: $0, to: p) } },
    KLRule { (q: DiagonalNormal, p: Independent<Normal>) in p.vectors.map { kl(from: q, to: $0) } },
    KLRule(independentKL),
  ])

  /// A registry that tries another rule first.
  public func adding(_ rule: KLRule) -> KLDivergence { KLDivergence([rule] + rules) }

  /// KL(q || p) for each member, in nats: the batch shape, to which those of q and p broadcast; nil where no
  /// closed form is known.
  ///
  /// - Precondition: the event shapes are equal.
  public func closedForm(from q: any Distribution, to p: any Distribution) -> Tensor? {
    precondition(
      q.eventShape == p.eventShape, "events of shapes \(q.eventShape) and \(p.eventShape) have no divergence")
    for rule in rules {
      if let divergence = rule.apply(q, p, self) { return divergence }
    }
    return nil
  }

  /// The closed form, or, where there is none, the Monte Carlo estimate from this many samples.
  public func callAsFunction(
    from q: any Distribution, to p: any Distribution, samples: Int = 1, using generator: Generator
  ) -> Tensor {
    closedForm(from: q, to: p) ?? klMonteCarlo(from: q, to: p, samples: samples, using: generator).value
  }
}

/// A closed form of KL(q || p) for one pair of types.
public struct KLRule: Sendable {
  let apply: @Sendable (any Distribution, any Distribution, KLDivergence) -> Tensor?

  /// The rule for these two types, which are read off the closure's parameters; it may give nil for values
  /// that it does not cover.
  public init<Q, P>(_ form: @escaping @Sendable (Q, P) -> Tensor?) {
    self.init { q, p, _ in form(q, p) }
  }

  /// A rule that goes back to the registry for the divergence of its distributions' parts.
  public init<Q, P>(_ form: @escaping @Sendable (Q, P, KLDivergence) -> Tensor?) {
    apply = { q, p, registry in
      guard let q = q as? Q, let p = p as? P else { return nil }
      return form(q, p, registry)
    }
  }
}
