/// Points of a real vector space, each with a class.
public struct PointSet: Sendable, Equatable {
  /// The data set's name, for messages and figures.
  public let name: String
  /// Every coordinate, in the order count x dimension.
  public let features: [Float]
  /// How many points.
  public let count: Int
  /// How many coordinates a point has.
  public let dimension: Int
  /// The class of each point, below `classCount`.
  public let labels: [UInt8]
  /// How many classes there are.
  public let classCount: Int

  /// A set of points whose parts fit together.
  ///
  /// Throws: `outOfRange` for a size below one, a coordinate that is not finite or a label that is no class,
  /// `mismatch` where the number of coordinates or of labels is not what the sizes say.
  public init(
    name: String, features: [Float], dimension: Int, labels: [UInt8], classCount: Int
  ) throws(DataError) {
    guard dimension > 0, !features.isEmpty, (1...256).contains(classCount) else {
      throw DataError(
        .outOfRange, at: name,
        "\(features.count) numbers of dimension \(dimension) in \(classCount) classes are no set of points")
    }
    guard features.count % dimension == 0, labels.count == features.count / dimension else {
      throw DataError(
        .mismatch, at: name,
        "\(features.count) numbers and \(labels.count) labels do not make points of dimension \(dimension)")
    }
    if let bad = features.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        .outOfRange, at: name, "coordinate \(bad % dimension) of point \(bad / dimension) is \(features[bad])"
      )
    }
    if let bad = labels.firstIndex(where: { Int($0) >= classCount }) {
      throw DataError(
        .outOfRange, at: name, "label \(labels[bad]) of point \(bad) is no class from 0 to \(classCount - 1)")
    }
    self.name = name
    self.features = features
    self.count = labels.count
    self.dimension = dimension
    self.labels = labels
    self.classCount = classCount
  }

  /// The coordinates of point `index`.
  public func point(at index: Int) -> ArraySlice<Float> {
    features[index * dimension..<(index + 1) * dimension]
  }
}
