import ElboData

/// The classes of the examples of an array, from an array of their own.
struct ArrayLabels {
  /// The class of each example; -1 where it is not known.
  let values: [Int]
  /// One more than the greatest.
  let classCount: Int

  /// Reads `data.labels`: the path of an NPY file, or an array's name where the examples are in an NPZ file.
  ///
  /// - Throws: `DataError` where they are no whole numbers from -1 to 65,535, or not as many as examples.
  init(_ options: DataOptions, count: Int) throws(DataError) {
    let isInside = NPZ.isName(options.path)
    let place = isInside ? options.path + "/" + options.labels : options.labels
    let array =
      isInside
      ? try NPZ.array(of: options.path, named: options.labels) : try NPY(contentsOf: options.labels)
    guard array.shape == [count] || array.shape == [count, 1] else {
      throw DataError(
        .mismatch, at: place, "labels of shape \(array.shape) do not go with \(count) examples",
        remedy: "give an array [\(count)]")
    }
    if let bad = array.values.firstIndex(where: { $0 != $0.rounded() || !(-1...65_535).contains($0) }) {
      throw DataError(
        .malformed, at: place, "label \(bad) is \(array.values[bad])",
        remedy: "number the classes from 0; -1 marks an example without one")
    }
    values = array.values.map { Int($0) }
    classCount = (values.max() ?? -1) + 1
  }
}
