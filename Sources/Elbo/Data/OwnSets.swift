import ElboData
import Torch

extension DataSource {
  /// A person's own arrays [count, ...] at `data.path`: an NPY or NPZ file, or a folder of NPY files. They are
  /// mapped, not loaded.
  static let npy = DataSource(
    shape: { options in
      let table = try array(options, checkingUpTo: 0)
      return DataShape(
        features: table.width, image: table.image, classes: try arrayLabels(options, table)?.classCount ?? 0)
    },
    load: { options, split, seed, device in
      let table = try array(options, checkingUpTo: options.memory << 20)
      let labels = try arrayLabels(options, table)
      return try fetched(
        table, bounds: table.knownBounds, labels: labels?.values,
        classNames: (0..<(labels?.classCount ?? 0)).map(String.init), image: table.image, options, split,
        seed: seed, device: device)
    },
    files: { options in
      try NPYTable.paths(options.ownPath)
        + (options.labels.isEmpty || NPZ.isName(options.path) ? [] : [options.labels])
    })

  /// A person's own pictures in the folder at `data.path`, decoded as they are needed.
  static let images = DataSource(
    shape: { options in
      let table = try pictures(options)
      return DataShape(features: table.width, image: table.image, classes: table.classNames.count)
    },
    load: { options, split, seed, device in
      let table = try pictures(options)
      return try fetched(
        table, bounds: options.range.bounds, labels: table.labels, classNames: table.classNames,
        image: table.image, options, split, seed: seed, device: device)
    },
    files: { try ImageTable.paths($0.ownPath) })

  /// A person's own numbers in a file of comma-separated values at `data.path`.
  static let csv = DataSource(
    shape: { options in
      let table = try CSV(contentsOf: options.ownPath, label: options.labels)
      return DataShape(features: table.width, image: nil, classes: table.classNames.count)
    },
    load: { options, split, _, device in
      let table = try CSV(contentsOf: options.ownPath, label: options.labels)
      let parts = try options.split(table.count)
      let places = parts.examples(split)
      let values =
        options.standardise
        ? Standardisation(of: table, examples: parts.train).apply(to: table.values) : table.values
      let chosen = places.flatMap { values[$0 * table.width..<($0 + 1) * table.width] }
      let features = Tensor(chosen, shape: [places.count, table.width])
      return Dataset(
        name: options.name, features: features.moved(to: device),
        labels: table.labels.map { labels in places.map { labels[$0] } }, classNames: table.classNames,
        image: nil, range: features.min().item()...features.max().item())
    },
    files: { [try $0.ownPath] })

  private static func array(_ options: DataOptions, checkingUpTo limit: Int) throws -> NPYTable {
    try NPYTable(
      path: options.ownPath, array: options.array, range: options.range, checkingUpTo: limit)
  }

  private static func arrayLabels(_ options: DataOptions, _ table: NPYTable) throws -> ArrayLabels? {
    try options.labels.isEmpty ? nil : ArrayLabels(options, count: table.count)
  }

  private static func pictures(_ options: DataOptions) throws -> ImageTable {
    try ImageTable(
      path: options.ownPath, size: options.size, range: options.range, budget: options.memory << 20)
  }

  /// A split of a table's examples.
  private static func fetched(
    _ table: any ExampleTable, bounds: ClosedRange<Double>?, labels: [Int]?, classNames: [String],
    image: ImageShape?, _ options: DataOptions, _ split: Split, seed: UInt64, device: Device
  ) throws -> Dataset {
    let places = try options.split(table.count).examples(split)
    var examples = FetchedExamples(table: table, places: places, bounds: bounds, device: device)
    let range = try bounds ?? examples.sampledBounds
    if options.binarisation == .static, range == 0...1 { examples = examples.binarised(seed: seed) }
    return Dataset(
      name: options.name, examples: .fetched(examples),
      labels: labels.map { labels in places.map { labels[$0] } }, classNames: classNames, image: image,
      range: range)
  }
}

extension DataOptions {
  /// The numbers of another table, standardised as those of the training split were.
  func standardised(_ other: CSV, from path: String) throws -> [Float] {
    let own = try CSV(contentsOf: ownPath, label: labels)
    guard own.width == other.width else {
      throw DataError(
        .mismatch, at: path, "it has \(other.width) columns of numbers, \(self.path) has \(own.width)")
    }
    return try Standardisation(of: own, examples: split(own.count).train).apply(to: other.values)
  }

  /// The path, which a person's own data cannot do without.
  fileprivate var ownPath: String {
    get throws(ConfigurationError) {
      guard !path.isEmpty else {
        throw ConfigurationError(
          "no file is given", at: "data.path", remedy: "give the path of a file or folder")
      }
      return path
    }
  }

  /// The split of so many examples.
  fileprivate func split(_ count: Int) throws(DataError) -> SeededSplit {
    try SeededSplit(count: count, fraction: testFraction, seed: UInt64(splitSeed), name: path)
  }
}

extension NPYTable {
  /// The sizes of its images, where examples have rows and columns: [height, width] or [channels, height,
  /// width].
  fileprivate var image: ImageShape? {
    switch (exampleShape.count, exampleShape.first) {
    case (2, _): ImageShape(channels: 1, height: exampleShape[0], width: exampleShape[1])
    case (3, 1), (3, 3):
      ImageShape(channels: exampleShape[0], height: exampleShape[1], width: exampleShape[2])
    default: nil
    }
  }
}

extension ImageTable {
  fileprivate var image: ImageShape {
    ImageShape(channels: channels, height: imageHeight, width: imageWidth)
  }
}
