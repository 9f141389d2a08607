import ElboData
import Torch

/// The sizes of a data set's examples.
public struct DataShape: Sendable, Hashable {
  /// The number of values of an example.
  public let features: Int
  /// The sizes of an image, where examples are images.
  public let image: ImageShape?
  /// The number of classes; 0 without labels.
  public let classes: Int

  /// Sizes.
  public init(features: Int, image: ImageShape?, classes: Int) {
    self.features = features
    self.image = image
    self.classes = classes
  }
}

/// A data set that a configuration can name.
struct DataSource: Sendable {
  /// The sizes of its examples, known before they are loaded.
  let shape: @Sendable (DataOptions) throws -> DataShape
  /// The examples to learn from, those for validation among them, or those to judge by.
  let load: @Sendable (DataOptions, Split, _ seed: UInt64, Device) throws -> Dataset
  /// The paths of the files it consists of; none for a set that is made here.
  var files: @Sendable (DataOptions) throws -> [String] = { _ in [] }
}

/// The sets that a configuration can name. A new set is one file and one line here.
enum DataSources {
  static let all: [String: DataSource] = [
    FourPoints.name: .fourPoints,
    DrawnDigits.name: .drawnDigits,
    IDXSet.mnist.rawValue: .idx(.mnist),
    IDXSet.fashionMNIST.rawValue: .idx(.fashionMNIST),
    "npy": .npy,
    "images": .images,
    "csv": .csv,
  ]

  /// The set that the options name.
  static func named(_ options: DataOptions) throws(ConfigurationError) -> DataSource {
    guard let source = all[options.name] else {
      throw .unknown("value", options.name, known: Array(all.keys), at: "data.name")
    }
    return source
  }

  /// The sizes of the examples of the set that the options name.
  static func shape(_ options: DataOptions) throws -> DataShape {
    try named(options).shape(options)
  }
}

extension DataSource {
  static let fourPoints = DataSource(
    shape: { _ in DataShape(features: 4, image: nil, classes: 4) },
    load: { options, _, _, device in
      Dataset(try FourPoints.points(perClass: options.pointsPerClass), device: device)
    })

  static let drawnDigits = DataSource(
    shape: { square($0.digitSize) },
    load: { options, split, seed, device in
      let count = split == .train ? options.count : max(100, options.count / 6)
      let digits = try DrawnDigits(size: options.digitSize, seed: seed).images(split, count: count)
      return try images(digits, classNames: (0..<10).map(String.init), options, seed: seed, device: device)
    })

  static func idx(_ set: IDXSet) -> DataSource {
    DataSource(
      shape: { _ in square(28) },
      load: { options, split, seed, device in
        let folder = try DataLocator().locate(set, path: options.path.isEmpty ? nil : options.path)
        return try images(
          try folder.load(split), classNames: set.classNames, options, seed: seed, device: device)
      },
      files: { try DataLocator().locate(set, path: $0.path.isEmpty ? nil : $0.path).files })
  }

  /// Square images of the ten digits, or of ten kinds of clothes.
  private static func square(_ size: Int) -> DataShape {
    DataShape(
      features: size * size, image: ImageShape(channels: 1, height: size, width: size), classes: 10)
  }

  private static func images(
    _ set: ImageSet, classNames: [String], _ options: DataOptions, seed: UInt64, device: Device
  ) throws -> Dataset {
    Dataset(
      try options.binarisation == .static ? options.binarisation.apply(to: set, seed: seed) : set,
      classNames: classNames, range: options.range, device: device)
  }
}

extension DataOptions {
  /// The height and width of drawn digits.
  fileprivate var digitSize: Int { size > 0 ? size : 28 }
}

extension DeviceChoice {
  /// The device itself.
  ///
  /// - Throws: `ConfigurationError` when it is not there.
  func device() throws(ConfigurationError) -> Device {
    switch self {
    case .cpu: return .cpu
    case .cuda:
      guard Device.cudaDeviceCount > 0 else {
        throw ConfigurationError(
          "no CUDA device can be used by this libtorch", at: "device",
          remedy: "use --device cpu, or set LIBTORCH to a CUDA build on a machine with a GPU")
      }
      return .cuda(0)
    }
  }
}
