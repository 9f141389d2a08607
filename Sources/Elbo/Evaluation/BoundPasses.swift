import Torch

/// The terms of the bound, batch after batch.
final class BoundPasses {
  private let passes: ReplayedPasses
  private let seen: Seen
  /// Whether the divergence makes a bound; nil before the first batch, and where there is no divergence.
  var givesBound: Bool? { seen.givesBound }

  private final class Seen {
    var givesBound: Bool?
  }

  /// Terms of n examples, each averaged over the samples of z.
  struct Terms {
    /// In nats: [n].
    var reconstruction: [Double]
    /// [n].
    var squaredError: [Double]
    /// In nats: [n]; nil where the model has none.
    var divergence: [Double]?
  }

  /// - Parameter passes: how many there will be.
  init(_ model: any LatentVariableModel, using generator: Generator, passes: Int) {
    let seen = Seen()
    self.seen = seen
    // A sample of each term: reconstruction, squared error, and the divergence where there is one.
    self.passes = ReplayedPasses(of: model, passes, on: generator.device, using: generator) { batch in
      let terms = model.boundTerms(batch, using: generator)
      seen.givesBound = terms.divergence?.givesBound
      return [terms.reconstruction, terms.squaredError()] + (terms.divergence.map { [$0.values] } ?? [])
    }
  }

  /// The terms of a batch.
  func terms(of batch: Batch, samples: Int) -> Terms {
    passes.of(batch) { pass in
      let found = (0..<samples).map { _ in pass() }
      let means = found[0].indices.map { column in
        Tensor.stack(found.map { $0[column].converted(to: .float64) }).mean(over: [0]).values(as: Double.self)
      }
      return Terms(
        reconstruction: means[0], squaredError: means[1], divergence: means.count > 2 ? means[2] : nil)
    }
  }
}
