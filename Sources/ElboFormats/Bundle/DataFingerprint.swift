import Crypto
import Elbo
import ElboData
import Foundation
import Torch

/// What tells whether somebody else's copy of the data is the one that a model was judged by: the sizes, and the SHA-256
/// of the test split as the model sees it.
struct DataFingerprint: Encodable {
  /// The set's name.
  let name: String
  /// The test examples.
  let testCount: Int
  /// The numbers of an example.
  let features: Int
  /// Channels, height and width, where examples are images.
  let image: [Int]?
  /// The names of the classes.
  let classes: [String]
  /// Of the features as 32-bit floats, little endian, example by example.
  let testSHA256: String

  init(_ run: TrainedRun) throws {
    let test = run.test
    name = test.name
    testCount = test.count
    features = test.featureCount
    image = test.image.map { [$0.channels, $0.height, $0.width] }
    classes = test.labels == nil ? [] : test.classNames
    // A batch at a time: examples may be more than memory holds.
    var digest = SHA256()
    try test.forEachBatch(of: 1000) { batch in
      batch.x.moved(to: .cpu).values(as: Float.self).withUnsafeBytes { digest.update(bufferPointer: $0) }
    }
    testSHA256 = digest.finalize().hexadecimal
  }
}
