import ElboData
import Foundation
import Torch

/// A model's samples against the data: 10,000 mean images of prior samples, of each class in turn where the
/// decoder is told one. What each estimator's bias and variance are stands with its type.
extension Evaluator.Metric {
  /// The mean log density under windows around the samples, pixels on [0, 1]: `ParzenWindow`. The width is the
  /// best for 500 examples of the validation split, or of the training split where none is held out.
  static let parzenLogLikelihood = Self(
    summary: "log density by windows around samples, as in older papers: a poor guide in many dimensions",
    effort: .large, unit: "nats/example", obstacle: { _ in nil },
    examples: { evaluator in
      let window = ParzenWindow(evaluator.unit(evaluator.samples(10_000)))
      let split: Split = evaluator.configuration.data.validation > 0 ? .validation : .train
      let generator = Generator(seed: evaluator.seed ^ 0x7061_727A, device: evaluator.dataset.device)
      let held = try Dataset.load(evaluator.configuration, split).shuffled(500, using: generator)
        .drawn(as: evaluator.configuration.data, using: generator)
      let width = window.bestWidth(
        for: evaluator.unit(held.features), progress: evaluator.progress("window width"))
      let found = try evaluator.rows(evaluator.dataset, "parzen-log-likelihood") { batch in
        Tensor(window.logDensities(of: evaluator.unit(batch.x), widths: [width])[0], shape: [batch.count])
      }
      return found.values(as: Double.self)
    })

  /// The squared Fréchet distance of samples and data by the features of a digit classifier:
  /// `FrechetDistance`, `FeatureClassifier`.
  static let featureDistance = Self(
    summary: "Fréchet distance of samples and data by features of a small MNIST classifier (not the FID)",
    effort: .large, obstacle: imageObstacle,
    estimate: { evaluator in
      let (data, samples) = try evaluator.features()
      return FrechetDistance.estimate(data, samples, seed: evaluator.seed)
    })

  /// The fraction of samples within the data's manifold, and `mnist-feature-recall`, of the data within that
  /// of the samples, by the same features: `ManifoldOverlap`.
  static let featurePrecision = Self(
    summary: "precision of samples, and recall, by nearest neighbours in those features", effort: .large,
    obstacle: imageObstacle,
    judge: { evaluator, name in
      let (data, samples) = try evaluator.features()
      let overlap = ManifoldOverlap(data: data, samples: samples, progress: evaluator.progress(name))
      func fraction(_ values: [Bool], _ unit: String) -> Estimate {
        Estimate(meanOf: values.map { $0 ? 1 : 0 }, unit: unit)
      }
      return Judgement(estimates: [
        name: fraction(overlap.sampleIsInData, "fraction of samples"),
        "mnist-feature-recall": fraction(overlap.dataIsInSamples, "fraction of examples"),
      ])
    })

  private static let imageObstacle: @Sendable (Evaluator) -> String? = { evaluator in
    if evaluator.dataset.image != FeatureClassifier.image { return "the features are of 28 x 28 grey images" }
    return evaluator.dataset.count < 100 ? "fewer than 100 examples have no covariance to speak of" : nil
  }
}

extension Evaluator {
  /// Mean images of prior samples: [count, features].
  func samples(_ count: Int) -> Tensor {
    let device = dataset.device
    let generator = Generator(seed: seed ^ 0x73_616D, device: device)
    let labels = model.cycledLabels(count, device: device)
    let z = model.samplePrior(count, using: generator)
    return model.decode(z, labels: labels) {
      watch(EvaluationProgress(task: "samples", done: $0, total: count))
    }
  }

  /// Pixels on [0, 1]; features of other data as they are.
  func unit(_ x: Tensor) -> Tensor {
    guard dataset.image != nil else { return x }
    return (x - dataset.range.lowerBound) / (dataset.range.upperBound - dataset.range.lowerBound)
  }

  /// Features of at most 10,000 examples and of as many samples.
  func features() throws -> (data: Tensor, samples: Tensor) {
    let network = try FeatureClassifier(storedOn: dataset.device)
    let data = dataset.prefix(10_000).features
    return (network.allFeatures(unit(data)), network.allFeatures(unit(samples(data.size(0)))))
  }
}
