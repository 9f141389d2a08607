import Torch

/// The posterior means of examples, and what they tell of the latent space.
public struct PosteriorMeans {
  /// E_{q(z|x)} z of each example: [n, latentDimension].
  public let codes: Tensor
  /// The class of each example, where they are known.
  public let labels: [Int]?
  /// A_u of each unit, the variance of its mean over the data: [latentDimension]. Near 0 where the posterior does not
  /// depend on the example.
  ///
  /// A_u = Cov_x(E_{q(z_u|x)} z_u), Burda et al. 2016, section 5.2. Where means are averages of draws it is the covariance
  /// of two independent ones, so that their noise adds nothing.
  public let activity: [Double]

  /// The means of a data set's examples.
  ///
  /// - Parameter samples: the draws that a mean is the average of, where no formula gives it.
  /// - Throws: `DataError` where examples cannot be fetched.
  public init(
    _ model: any LatentVariableModel, _ dataset: Dataset, samples: Int = 8, using generator: Generator
  ) throws {
    let halves = try withoutGradients { () throws in
      try (0..<2).map { _ in
        Tensor.concatenate(
          try dataset.mapBatches(of: 500) {
            model.encodeMean($0, samples: max(1, samples / 2), using: generator)
          }, over: 0
        ).converted(to: .float64)
      }
    }
    let deviations = halves.map { $0 - $0.mean(over: [0]) }
    activity = (deviations[0] * deviations[1]).mean(over: [0]).values(as: Double.self)
    codes = ((halves[0] + halves[1]) / 2).converted(to: .float32)
    labels = dataset.labels
  }

  /// The mean code of a class: [latentDimension]; nil where no example has it.
  public func mean(ofClass label: Int) -> Tensor? {
    let places = (labels ?? []).indices.filter { labels?[$0] == label }.map(Int64.init)
    guard !places.isEmpty else { return nil }
    return codes.gathered(Tensor(places, shape: [places.count]).moved(to: codes.device)).mean(over: [0])
  }
}
