import ElboData
import Torch

/// A split of a data set, ready for a model: features as numbers, labels where there are some.
public struct Dataset {
  /// The set's name.
  public let name: String
  /// Where the examples are.
  let examples: Examples
  /// The class of each example; -1 where it is not known.
  public let labels: [Int]?
  /// What to call the classes.
  public let classNames: [String]
  /// The images' sizes, where the examples are images.
  public let image: ImageShape?
  /// The values that features can take: pixels lie between the ends.
  public let range: ClosedRange<Double>

  /// The sizes of the examples.
  public var shape: DataShape {
    DataShape(features: featureCount, image: image, classes: labels == nil ? 0 : classNames.count)
  }

  /// The examples, [count, features]; images in the order channel, row, column.
  ///
  /// Images that are bytes in memory become numbers, which are not kept. Examples that are fetched when they are
  /// needed are all fetched, into memory; where a file of theirs cannot be read the process ends with a line that
  /// says so. `forEachBatch` takes no more than a batch, and throws.
  public var features: Tensor {
    switch examples {
    case .held(let features): return features
    case .pixels(let pixels): return pixels.numbers
    case .fetched(let fetched):
      do throws(DataError) { return try fetched.tensor(0..<count) } catch { exitWithError(error) }
    }
  }

  /// The number of examples.
  public var count: Int {
    switch examples {
    case .held(let features): features.size(0)
    case .pixels(let pixels): pixels.bytes.size(0)
    case .fetched(let fetched): fetched.places.count
    }
  }

  /// The number of features of an example.
  public var featureCount: Int {
    switch examples {
    case .held(let features): features.size(1)
    case .pixels(let pixels): pixels.bytes.size(1)
    case .fetched(let fetched): fetched.table.width
    }
  }

  /// Where batches of the examples are.
  public var device: Device {
    switch examples {
    case .held(let features): features.device
    case .pixels(let pixels): pixels.bytes.device
    case .fetched(let fetched): fetched.device
    }
  }

  /// The first `limit` examples, or all.
  public func prefix(_ limit: Int) -> Dataset {
    guard limit < count else { return self }
    let first: Examples =
      switch examples {
      case .held(let features): .held(features.narrowed(0, from: 0, length: limit))
      case .pixels(let pixels): .pixels(pixels.narrowed(from: 0, length: limit))
      case .fetched(let fetched): .fetched(fetched.at(0..<limit))
      }
    return with(first, labels: labels.map { Array($0.prefix(limit)) })
  }

  /// All examples as one batch.
  package var batch: Batch { Batch(features, labels: labelTensor) }

  /// The labels on the device of the examples.
  var labelTensor: Tensor? {
    labels.map { Tensor($0.map(Int64.init), shape: [count]).moved(to: device) }
  }

  /// The same set with other examples.
  func with(_ examples: Examples, labels: [Int]?) -> Dataset {
    Dataset(
      name: name, examples: examples, labels: labels, classNames: classNames, image: image, range: range)
  }

  /// Refuses features for which the likelihood has no density.
  func check(supportedBy likelihood: LikelihoodOptions) throws {
    let support = try Likelihoods.build(likelihood).support
    let (low, high) = try bounds
    guard support.contains(low), support.contains(high) else {
      throw ConfigurationError(
        "features of \(name) reach from \(low) to \(high), outside the likelihood's support "
          + "[\(support.lowerBound), \(support.upperBound)]",
        at: "likelihood.kind", remedy: "use data.range=unit, or likelihood.kind=gaussian")
    }
  }

  /// Images, whose bytes are scaled to the interval of `range`.
  init(_ set: ImageSet, classNames: [String], range: PixelRange, device: Device) {
    let bytes = Tensor(set.pixels, shape: [set.count, set.pixelsPerImage]).moved(to: device)
    examples = .pixels(PixelExamples(bytes, range))
    self.range = range.bounds
    name = set.name
    labels = set.labels.map { $0.map(Int.init) }
    self.classNames = classNames
    image = ImageShape(channels: set.channels, height: set.height, width: set.width)
  }

  init(_ set: PointSet, device: Device) {
    name = set.name
    examples = .held(Tensor(set.features, shape: [set.count, set.dimension]).moved(to: device))
    labels = set.labels.map(Int.init)
    classNames = (0..<set.classCount).map { "point \($0)" }
    image = nil
    range = 0...1
  }

  /// A split of examples that are there.
  ///
  /// - Parameters:
  ///   - name: the set's.
  ///   - features: [count, features]; images in the order channel, row, column.
  ///   - labels: the class of each example, -1 where it is not known.
  ///   - classNames: what to call the classes.
  ///   - image: the images' sizes, where the examples are images.
  ///   - range: the values that features can take.
  public init(
    name: String, features: Tensor, labels: [Int]? = nil, classNames: [String] = [], image: ImageShape? = nil,
    range: ClosedRange<Double>
  ) {
    self.init(
      name: name, examples: .held(features), labels: labels, classNames: classNames, image: image,
      range: range)
  }

  init(
    name: String, examples: Examples, labels: [Int]?, classNames: [String], image: ImageShape?,
    range: ClosedRange<Double>
  ) {
    self.name = name
    self.examples = examples
    self.labels = labels
    self.classNames = classNames
    self.image = image
    self.range = range
  }
}
