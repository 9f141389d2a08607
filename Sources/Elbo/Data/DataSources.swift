import ElboData
import Torch

/// The sets that a configuration can name. A new set is one file and one line here.
enum DataSources {
  typealias Loader = @Sendable (DataOptions, Split, _ seed: UInt64, Device) throws -> Dataset

  static let loaders: [String: Loader] = [
    FourPoints.name: { options, _, _, device in
      Dataset(try FourPoints.points(perClass: options.pointsPerClass), device: device)
    },
    DrawnDigits.name: { options, split, seed, device in
      let count = split == .train ? options.count : max(100, options.count / 6)
      let digits = try DrawnDigits(size: options.size, seed: seed).images(split, count: count)
      return try images(digits, classNames: (0..<10).map(String.init), options, seed: seed, device: device)
    },
    IDXSet.mnist.rawValue: { try idx(.mnist, $0, $1, seed: $2, device: $3) },
    IDXSet.fashionMNIST.rawValue: { try idx(.fashionMNIST, $0, $1, seed: $2, device: $3) },
  ]

  /// A split of the set that the options name.
  ///
  /// - Throws: `ConfigurationError` for an unknown name, `DataError` for files that are missing or unsound.
  static func load(_ options: DataOptions, _ split: Split, seed: UInt64, device: Device) throws -> Dataset {
    guard let loader = loaders[options.name] else {
      throw ConfigurationError.unknown("value", options.name, known: Array(loaders.keys), at: "data.name")
    }
    return try loader(options, split, seed, device)
  }

  private static func idx(
    _ set: IDXSet, _ options: DataOptions, _ split: Split, seed: UInt64, device: Device
  ) throws -> Dataset {
    let folder = try DataLocator().locate(set, path: options.path.isEmpty ? nil : options.path)
    return try images(
      try folder.load(split), classNames: set.classNames, options, seed: seed, device: device)
  }

  private static func images(
    _ set: ImageSet, classNames: [String], _ options: DataOptions, seed: UInt64, device: Device
  ) throws -> Dataset {
    Dataset(
      try options.binarisation == .static ? options.binarisation.apply(to: set, seed: seed) : set,
      classNames: classNames, range: options.range, device: device)
  }
}

extension Dataset {
  /// The split of a configuration's data set.
  public static func load(_ configuration: RunConfiguration, _ split: Split) throws -> Dataset {
    try DataSources.load(
      configuration.data, split, seed: configuration.seed, device: configuration.device.device())
  }

  /// The names that `data.name` can have.
  public static var names: [String] { DataSources.loaders.keys.sorted() }
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
