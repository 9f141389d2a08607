import ElboData
import Torch

extension Dataset {
  /// The split of a configuration's data set: the training split without its validation examples, and with
  /// the labels that are to be known.
  ///
  /// - Throws: `ConfigurationError` for an unknown name, or for a validation split that is not held out;
  ///   `DataError` for files that are missing or unsound.
  public static func load(_ configuration: RunConfiguration, _ split: Split) throws -> Dataset {
    let options = configuration.data
    let whole = try DataSources.named(options).load(
      options, split == .test ? .test : .train, configuration.seed, configuration.device.device())
    switch split {
    case .test: return whole
    case .validation:
      guard options.validation > 0 else {
        throw ConfigurationError(
          "no examples are held out for validation", at: "data.validation",
          remedy: "train with '--set data.validation=N', or use the test split")
      }
      return try whole.heldOut(options.validation).validation
    case .train:
      let rest = options.validation > 0 ? try whole.heldOut(options.validation).rest : whole
      return try rest.knowing(labelsOf: options.labelled, seed: configuration.seed)
    }
  }

  /// So many examples, drawn from all alike and always the same, and the others; both in the set's order.
  func heldOut(_ validation: Int) throws(ConfigurationError) -> (validation: Dataset, rest: Dataset) {
    guard validation < count else {
      throw ConfigurationError(
        "\(validation) of \(count) examples leave none to train on", at: "data.validation",
        remedy: "set it to fewer, or to 0")
    }
    var order = Array(0..<count)
    var random = SplitMix64(seed: 0, stream: 0x76_616C)  // "val"
    random.shuffle(&order)
    return (examples(at: order[..<validation].sorted()), examples(at: order[validation...].sorted()))
  }

  /// The same examples, of which only so many keep their labels, as many of each class; the seed decides
  /// which. 0 keeps all labels.
  func knowing(labelsOf known: Int, seed: UInt64) throws(ConfigurationError) -> Dataset {
    guard known > 0 else { return self }
    guard let labels else {
      throw ConfigurationError("\(name) has no labels of which some could be known", at: "data.labelled")
    }
    var places = [[Int]](repeating: [], count: classNames.count)
    for (place, label) in labels.enumerated() { places[label].append(place) }
    var random = SplitMix64(seed: seed, stream: 0x6C_6162)  // "lab"
    var hidden = [Int](repeating: -1, count: count)
    for label in places.indices {
      // What does not divide evenly goes to the first classes.
      let share = known / places.count + (label < known % places.count ? 1 : 0)
      guard share <= places[label].count else {
        throw ConfigurationError(
          "\(known) labels ask for \(share) of class \(label), which has \(places[label].count)",
          at: "data.labelled")
      }
      random.shuffle(&places[label])
      for place in places[label].prefix(share) { hidden[place] = label }
    }
    return with(examples, labels: hidden)
  }
}
