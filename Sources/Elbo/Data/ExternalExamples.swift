import ElboData
import Foundation
import Torch

extension Dataset {
  /// Examples from a person's own file: an NPY array [count, ...], the only one of an NPZ file or the one that
  /// `data.array` names, comma-separated values, or IDX images, plain or gzip.
  ///
  /// Numbers are taken as they are, but for a table's where the model's own were standardised; bytes are scaled
  /// like the model's own data.
  ///
  /// - Parameter like: the data the model was trained on, whose number of features the examples must have.
  /// - Throws: `DataError` for a file that is unsound, has other features, or holds NaN or infinity.
  public static func examples(
    from path: String, like trained: Dataset, _ configuration: RunConfiguration
  ) throws -> Dataset {
    let features: Tensor
    let range = configuration.data.range
    if path.lowercased().hasSuffix(".npy") || NPZ.isName(path) {
      features = try numbers(from: path, array: configuration.data.array, scalingBytesTo: range)
    } else if path.lowercased().hasSuffix(".csv") {
      features = try table(from: path, configuration.data)
    } else {
      let set = try IDX.images(at: path)
      let bytes =
        Tensor(set.pixels, shape: [set.count, set.height * set.width]).converted(to: .float32) / 255
      features = range == .unit ? bytes : bytes * 2 - 1
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
      name: URL(filePath: path).lastPathComponent, features: features.moved(to: trained.device),
      labels: nil, classNames: [], image: trained.image, range: trained.range)
  }

  /// Latents from an NPY array [count, dimension].
  ///
  /// - Throws: `DataError` for a file that is unsound or holds NaN or infinity.
  public static func latents(from path: String) throws -> Tensor { try numbers(from: path) }

  /// The numbers of a CSV file without its column of classes, as the model's own were made.
  private static func table(from path: String, _ options: DataOptions) throws -> Tensor {
    let isNamed = !options.labels.isEmpty && (try? CSV(contentsOf: path, label: options.labels)) != nil
    let table = try CSV(contentsOf: path, label: isNamed ? options.labels : "")
    let values = options.standardise ? try options.standardised(table, from: path) : table.values
    return Tensor(values, shape: [table.count, table.width])
  }

  /// An NPY array, or one of an NPZ file, as [count, features], all of them finite.
  ///
  /// - Parameter range: the interval that bytes are scaled to; nil where they are taken as they are.
  static func numbers(
    from path: String, array name: String = "", scalingBytesTo range: PixelRange? = nil
  ) throws -> Tensor {
    let array = NPZ.isName(path) ? try NPZ.array(of: path, named: name) : try NPY(contentsOf: path)
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
    let numbers = Tensor(array.values, shape: [count, array.values.count / count])
    guard let range, array.holdsBytes else { return numbers }
    return range == .unit ? numbers / 255 : numbers / 255 * 2 - 1
  }
}
