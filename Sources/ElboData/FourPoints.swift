/// The four one-hot points of R^4: the smallest set on which an implicit posterior shows what it can do.
///
/// Source: Mescheder, Nowozin, Geiger, "Adversarial Variational Bayes" (2017), section 6.1.1. The best
/// possible log-likelihood of a point is -log 4 = -1.3863 nats.
public enum FourPoints {
  /// The name in configurations.
  public static let name = "four-points"

  /// Each of the four points `perClass` times, one class after the other; the class is the place of the one.
  ///
  /// Throws: `outOfRange` where `perClass` is below one or above 2^24.
  public static func points(perClass: Int) throws(DataError) -> PointSet {
    guard (1...1 << 24).contains(perClass) else {
      throw DataError(
        .outOfRange, at: name, "\(perClass) points a class", remedy: "give a number from 1 to \(1 << 24)")
    }
    var features = [Float](repeating: 0, count: 16 * perClass)
    var labels = [UInt8](repeating: 0, count: 4 * perClass)
    for row in 0..<4 * perClass {
      let label = row / perClass
      features[4 * row + label] = 1
      labels[row] = UInt8(label)
    }
    return try PointSet(name: name, features: features, dimension: 4, labels: labels, classCount: 4)
  }
}
