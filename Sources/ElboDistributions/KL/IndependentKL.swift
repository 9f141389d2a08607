import Torch

/// An `Independent` of some base.
private protocol ReinterpretedDistribution {
  var part: any Distribution { get }
  var reinterpretedDimensions: Int { get }
}

extension Independent: ReinterpretedDistribution {
  fileprivate var part: any Distribution { base }
}

extension Independent<Normal> {
  /// The same distribution as one of vectors, where its events are that.
  var vectors: DiagonalNormal? { reinterpretedDimensions == 1 ? DiagonalNormal(base) : nil }
}

/// The sum of the parts' divergences over the dimensions that both make part of the event.
@Sendable
func independentKL(from q: any Distribution, to p: any Distribution, registry: KLDivergence) -> Tensor? {
  guard let q = q as? any ReinterpretedDistribution, let p = p as? any ReinterpretedDistribution,
    q.reinterpretedDimensions == p.reinterpretedDimensions
  else { return nil }
  return registry.closedForm(from: q.part, to: p.part)?.summed(last: q.reinterpretedDimensions)
}
