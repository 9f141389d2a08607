import ElboData
import Foundation
import Torch

extension Dataset {
  /// Examples from a person's own file or folder: arrays as those of `data.name=npy`, pictures (a folder or one),
  /// comma-separated values, or IDX images, plain or gzip.
  ///
  /// Numbers are taken as they are, but for a table's where the model's own were standardised; bytes are scaled
  /// like the model's own data, and pictures brought to their size.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - trained: the data the model was trained on, whose number of features the examples must have.
  ///   - configuration: the run's, which says how bytes are scaled.
  /// - Throws: `DataError` for a file that is unsound, has other features, or holds NaN or infinity.
  public static func examples(
    from path: String, like trained: Dataset, _ configuration: RunConfiguration
  ) throws -> Dataset {
    let examples = try examples(at: path, trained.image, configuration.data, trained.device)
    let own = Dataset(
      name: URL(filePath: path).lastPathComponent, examples: examples, labels: nil, classNames: [],
      image: trained.image, range: trained.range)
    guard own.featureCount == trained.featureCount else {
      throw DataError(
        .mismatch, at: path,
        "examples have \(own.featureCount) features, and the model takes \(trained.featureCount)",
        remedy: "give examples of the kind it was trained on")
    }
    let support = try Likelihoods.build(configuration.likelihood).support
    let (low, high) = try own.bounds
    guard support.contains(low), support.contains(high) else {
      throw DataError(
        .malformed, at: path,
        "values reach from \(low) to \(high), and the model knows \(support.lowerBound) to \(support.upperBound)",
        remedy: "scale them as the model's own data")
    }
    return own
  }

  private static func examples(
    at path: String, _ image: ImageShape?, _ options: DataOptions, _ device: Device
  ) throws -> Examples {
    func fetched(_ table: any ExampleTable, bounds: ClosedRange<Double>?) -> Examples {
      .fetched(
        FetchedExamples(table: table, places: Array(0..<table.count), bounds: bounds, device: device))
    }
    let name = path.lowercased()
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue,
      (try? NPYTable.paths(path)) == nil
    {
      return try fetched(pictures(at: path, image, options), bounds: options.range.bounds)
    }
    if ImageTable.isName(path) {
      return try fetched(pictures(at: path, image, options), bounds: options.range.bounds)
    }
    if isFolder.boolValue || name.hasSuffix(".npy") || NPZ.isName(path) {
      let table = try NPYTable(
        path: path, array: options.array, range: options.range, checkingUpTo: options.memory << 20)
      return fetched(table, bounds: table.knownBounds)
    }
    if name.hasSuffix(".csv") { return .held(try table(from: path, options).moved(to: device)) }
    let set = try IDX.images(at: path)
    let bytes = Tensor(set.pixels, shape: [set.count, set.height * set.width]).moved(to: device)
    return .pixels(PixelExamples(bytes, options.range))
  }

  /// Pictures, brought to the size of the model's images.
  private static func pictures(
    at path: String, _ image: ImageShape?, _ options: DataOptions
  ) throws -> ImageTable {
    guard let image else {
      throw DataError(
        .mismatch, at: path, "the model was not trained on images", remedy: "give an array or a table")
    }
    return try ImageTable(
      path: path, size: image.height == image.width ? image.height : 0, channels: image.channels,
      range: options.range, budget: 0)
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

  /// An NPY array, or the only one of an NPZ file, as [count, features], all of them finite.
  private static func numbers(from path: String) throws -> Tensor {
    let array = NPZ.isName(path) ? try NPZ.array(of: path) : try NPY(contentsOf: path)
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
