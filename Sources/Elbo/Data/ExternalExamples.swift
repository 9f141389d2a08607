import ElboData
import Foundation
import Torch

extension Dataset {
  /// Examples from a person's own file: an NPY array [count, ...], or IDX images, plain or gzip.
  ///
  /// Numbers of an NPY file are taken as they are; IDX bytes are scaled like the model's own data.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - trained: the data the model was trained on, whose number of features the examples must have.
  ///   - configuration: the run's, which says how bytes are scaled.
  /// - Throws: `DataError` for a file that is unsound, has other features, or holds NaN or infinity.
  public static func examples(
    from path: String, like trained: Dataset, _ configuration: RunConfiguration
  ) throws -> Dataset {
    let features: Tensor
    if path.lowercased().hasSuffix(".npy") {
      features = try numbers(from: path)
    } else {
      let set = try IDX.images(at: path)
      let bytes =
        Tensor(set.pixels, shape: [set.count, set.height * set.width]).converted(to: .float32) / 255
      features = configuration.data.range == .unit ? bytes : bytes * 2 - 1
    }
    guard features.size(1) == trained.featureCount else {
      throw DataError(
        .mismatch, at: path,
        "examples have \(features.size(1)) features, and the model takes \(trained.featureCount)",
        remedy: "give examples of the kind it was trained on")
    }
    let support = try Likelihoods.build(configuration.likelihood).support
    let (low, high) = (features.min().item(), features.max().item())
    guard support.contains(low), support.contains(high) else {
      throw DataError(
        .malformed, at: path,
        "values reach from \(low) to \(high), and the model knows \(support.lowerBound) to \(support.upperBound)",
        remedy: "scale them as the model's own data")
    }
    return Dataset(
      name: URL(filePath: path).lastPathComponent, features: features.moved(to: trained.features.device),
      labels: nil, classNames: [], image: trained.image, range: trained.range)
  }

  /// Latents from an NPY array [count, dimension].
  ///
  /// - Throws: `DataError` for a file that is unsound or holds NaN or infinity.
  public static func latents(from path: String) throws -> Tensor { try numbers(from: path) }

  /// An NPY array as [count, features], all of them finite.
  static func numbers(from path: String) throws -> Tensor {
    let array = try NPY(contentsOf: path)
    guard array.shape.count >= 2, let count = array.shape.first, count > 0, !array.values.isEmpty else {
      throw DataError(
        .mismatch, at: path, "an array of shape \(array.shape) holds no examples",
        remedy: "give an array [count, features]")
    }
    if let place = array.values.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        .malformed, at: path,
        "value \(place % (array.values.count / count)) of example \(place / (array.values.count / count)) is "
          + "\(array.values[place])", remedy: "remove such examples")
    }
    return Tensor(array.values, shape: [count, array.values.count / count])
  }
}
